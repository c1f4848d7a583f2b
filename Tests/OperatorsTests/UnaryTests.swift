import Operators
import Tensors
import TestSupport
import Testing

@Suite("Functions of one element")
struct UnaryTests {
  struct Row: CustomTestStringConvertible {
    let type: String
    /// Of ``arguments``, by numpy 2 and Python's math module in float64.
    let expected: [Double]
    init(_ type: String, _ expected: [Double]) {
      self.type = type
      self.expected = expected
    }
    var testDescription: String { type }
  }

  static let arguments: [Double] = [
    -.infinity, -50.0, -3.5, -2.5, -1.0, -0.5, -1e-08, -0.0, 0.0, 1e-08, 0.5, 1.0,
    1.5, 2.5, 3.5, 50.0, .infinity, .nan,
  ]

  static let rows = [
    Row(
      "Sigmoid",
      [
        0.0, 1.9287498479639178e-22, 0.029312230751356316, 0.07585818002124356,
        0.2689414213699951, 0.37754066879814546, 0.4999999975, 0.5, 0.5, 0.5000000025,
        0.6224593312018546, 0.7310585786300049, 0.8175744761936437, 0.9241418199787566,
        0.9706877692486436, 1.0, 1.0, .nan,
      ]),
    Row(
      "Tanh",
      [
        -1.0, -1.0, -0.9981778976111987, -0.9866142981514303, -0.7615941559557649,
        -0.46211715726000974, -1e-08, -0.0, 0.0, 1e-08, 0.46211715726000974,
        0.7615941559557649, 0.9051482536448665, 0.9866142981514303, 0.9981778976111987,
        1.0, 1.0, .nan,
      ]),
    Row(
      "Softplus",
      [
        0.0, 1.9287498479639178e-22, 0.029750418272620566, 0.07888973429254963,
        0.31326168751822286, 0.4740769841801067, 0.6931471755599453, 0.6931471805599453,
        0.6931471805599453, 0.6931471855599454, 0.9740769841801067, 1.3132616875182228,
        1.7014132779827524, 2.5788897342925496, 3.5297504182726205, 50.0, .infinity,
        .nan,
      ]),
    Row(
      "HardSigmoid",
      [
        0.0, 0.0, 0.0, 0.0, 0.29999999701976776, 0.3999999985098839,
        0.49999999799999995, 0.5, 0.5, 0.500000002, 0.6000000014901161,
        0.7000000029802322, 0.8000000044703484, 1.0, 1.0, 1.0, 1.0, .nan,
      ]),
    Row(
      "HardSwish",
      [
        .nan, -0.0, -0.0, -0.2083333333333333, -0.33333333333333337,
        -0.20833333333333334, -4.999999983333333e-09, -0.0, 0.0, 5.000000016666667e-09,
        0.2916666666666667, 0.6666666666666666, 1.125, 2.291666666666667, 3.5, 50.0,
        .infinity, .nan,
      ]),
    Row(
      "Relu",
      [
        0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1e-08, 0.5, 1.0, 1.5, 2.5, 3.5,
        50.0, .infinity, .nan,
      ]),
    Row(
      "LeakyRelu",
      [
        -.infinity, -0.4999999888241291, -0.03499999921768904, -0.024999999441206455,
        -0.009999999776482582, -0.004999999888241291, -9.999999776482582e-11, -0.0, 0.0,
        1e-08, 0.5, 1.0, 1.5, 2.5, 3.5, 50.0, .infinity, .nan,
      ]),
    Row(
      "Exp",
      [
        0.0, 1.9287498479639178e-22, 0.0301973834223185, 0.0820849986238988,
        0.36787944117144233, 0.6065306597126334, 0.9999999900000001, 1.0, 1.0,
        1.00000001, 1.6487212707001282, 2.718281828459045, 4.4816890703380645,
        12.182493960703473, 33.11545195869231, 5.184705528587072e+21, .infinity, .nan,
      ]),
    Row(
      "Log",
      [
        .nan, .nan, .nan, .nan, .nan, .nan, .nan, -.infinity, -.infinity,
        -18.420680743952367, -0.6931471805599453, 0.0, 0.4054651081081644,
        0.9162907318741551, 1.252762968495368, 3.912023005428146, .infinity, .nan,
      ]),
    Row(
      "Sqrt",
      [
        .nan, .nan, .nan, .nan, .nan, .nan, .nan, -0.0, 0.0, 0.0001, 0.7071067811865476,
        1.0, 1.224744871391589, 1.5811388300841898, 1.8708286933869707,
        7.0710678118654755, .infinity, .nan,
      ]),
    Row(
      "Erf",
      [
        -1.0, -1.0, -0.9999992569016276, -0.999593047982555, -0.8427007929497149,
        -0.5204998778130465, -1.1283791670955126e-08, -0.0, 0.0, 1.1283791670955126e-08,
        0.5204998778130465, 0.8427007929497149, 0.9661051464753108, 0.999593047982555,
        0.9999992569016276, 1.0, 1.0, .nan,
      ]),
    Row(
      "Floor",
      [
        -.infinity, -50.0, -4.0, -3.0, -1.0, -1.0, -1.0, -0.0, 0.0, 0.0, 0.0, 1.0, 1.0,
        2.0, 3.0, 50.0, .infinity, .nan,
      ]),
    Row(
      "Ceil",
      [
        -.infinity, -50.0, -3.0, -2.0, -1.0, -0.0, -0.0, -0.0, 0.0, 1.0, 1.0, 1.0, 2.0,
        3.0, 4.0, 50.0, .infinity, .nan,
      ]),
    Row(
      "Round",
      [
        -.infinity, -50.0, -4.0, -2.0, -1.0, -0.0, -0.0, -0.0, 0.0, 0.0, 0.0, 1.0, 2.0,
        2.0, 4.0, 50.0, .infinity, .nan,
      ]),
    Row(
      "Abs",
      [
        .infinity, 50.0, 3.5, 2.5, 1.0, 0.5, 1e-08, 0.0, 0.0, 1e-08, 0.5, 1.0, 1.5, 2.5,
        3.5, 50.0, .infinity, .nan,
      ]),
    Row(
      "Neg",
      [
        .infinity, 50.0, 3.5, 2.5, 1.0, 0.5, 1e-08, 0.0, -0.0, -1e-08, -0.5, -1.0, -1.5,
        -2.5, -3.5, -50.0, -.infinity, .nan,
      ]),
  ]

  @Test(arguments: rows)
  func float64IsAsExpected(_ row: Row) throws {
    let found: [Double] = try result(row.type, opset: 22, Tensor(Self.arguments)).elements()
    for (x, (found, expected)) in zip(Self.arguments, zip(found, row.expected)) {
      // The C library's functions are within an ulp or two; the formulas add as much again.
      let tolerance = 4 * expected.magnitude.ulp
      #expect(
        found == expected || (found.isNaN && expected.isNaN)
          || (found - expected).magnitude <= tolerance,
        "at \(x): \(found), expected \(expected)")
    }
  }

  @Test(arguments: rows)
  func float32IsFloat64Rounded(_ row: Row) throws {
    var generator = SeededGenerator(seed: 11)
    var arguments = Self.arguments.map { Float($0) }
    for _ in 0..<40_000 {
      arguments.append(Float(bitPattern: UInt32.random(in: 0...(.max), using: &generator)))
      arguments.append(Float.random(in: -20...20, using: &generator))
    }
    let narrow: [Float] = try result(row.type, opset: 22, Tensor(arguments)).elements()
    let wide: [Double] = try result(row.type, opset: 22, Tensor(arguments.map { Double($0) }))
      .elements()
    // Sums cancel in the hard activations.
    let isHard = row.type.hasPrefix("Hard")
    let wrong = zip(arguments, zip(narrow, wide)).first { x, pair in
      let (narrow, wide) = pair
      let scale = max(Float(wide).magnitude, isHard ? min(x.magnitude, 1) : 0)
      let isNear = (Double(narrow) - wide).magnitude <= 3 * Double(scale.ulp)
      return !(narrow == Float(wide) || (narrow.isNaN && wide.isNaN) || isNear)
    }
    #expect(wrong == nil)
  }

  @Test(arguments: ["Sigmoid", "Tanh", "Exp"])
  func resultsDoNotDependOnThePlaceOrTheThreads(_ type: String) throws {
    var generator = SeededGenerator(seed: 5)
    let x = (0..<100_003).map { _ in Float.random(in: -30...30, using: &generator) }
    let all: [Float] = try result(type, opset: 13, Tensor(x)).elements()
    let one: [Float] = try run(type, opset: 13, inputs: [Tensor(x)], threads: 1)[0].elements()
    #expect(all.map(\.bitPattern) == one.map(\.bitPattern))
    for index in stride(from: 0, to: x.count, by: 997) {
      let alone: [Float] = try result(type, opset: 13, Tensor([x[index]])).elements()
      #expect(alone[0].bitPattern == all[index].bitPattern)
    }
  }

  @Test func integersHaveMagnitudesThatWrapAround() throws {
    let x = Tensor([.min, -1, 0, .max] as [Int32])
    #expect(try result("Abs", opset: 13, x) == Tensor([.min, 1, 0, .max] as [Int32]))
    #expect(try result("Neg", opset: 13, x) == Tensor([.min, 1, 0, -.max] as [Int32]))
    #expect(try result("Relu", opset: 14, x) == Tensor([0, 0, 0, .max] as [Int32]))
    let bytes = Tensor([0, 200] as [UInt8])
    #expect(try result("Abs", opset: 13, bytes) == bytes)
  }

  @Test(arguments: ["Sigmoid", "Exp", "Floor", "LeakyRelu", "HardSwish"])
  func integersHaveNoFloatingPointFunctions(_ type: String) {
    #expect(
      refusal(type, opset: 14, Tensor([1] as [Int32]))
        == "input 0 is int32, expected floating point")
  }

  @Test(arguments: [("HardSwish", 13), ("Erf", 8), ("Round", 10)])
  func operatorsBeginWithTheirOpset(_ type: String, _ opset: Int) {
    #expect(
      refusal(type, opset: opset, Tensor([1] as [Float])) == "no operator \(type) in opset \(opset)"
    )
    #expect(refusal(type, opset: opset + 1, Tensor([1] as [Float])) == nil)
  }

  @Test func emptyTensorsStayEmpty() throws {
    let empty = Tensor([] as [Float], shape: [2, 0, 3])
    for row in Self.rows {
      #expect(try result(row.type, opset: 22, empty).shape == [2, 0, 3])
    }
  }
}
