import Foundation
import ONNXGraph
import Operators
import Tensors
import TestSupport
import Testing

@Suite("Softmax")
struct SoftmaxTests {
  struct Row: CustomTestStringConvertible {
    let shape: Shape
    let axis: Int?
    let opset: Int
    var testDescription: String { "\(shape) along \(axis as Any), opset \(opset)" }
  }

  static let rows = [
    Row(shape: [2, 3, 4], axis: nil, opset: 11),
    Row(shape: [2, 3, 4], axis: nil, opset: 13),
    Row(shape: [2, 3, 4], axis: 0, opset: 7),
    Row(shape: [2, 3, 4], axis: 0, opset: 13),
    Row(shape: [2, 3, 4], axis: 1, opset: 13),
    Row(shape: [2, 3, 4], axis: -2, opset: 12),
    Row(shape: [2, 3, 4], axis: -2, opset: 13),
    Row(shape: [1, 16, 1300], axis: 1, opset: 13),
    Row(shape: [3, 20_000], axis: 1, opset: 13),
    Row(shape: [7], axis: 0, opset: 13),
    Row(shape: [2, 0, 3], axis: 1, opset: 13),
    Row(shape: [0, 3], axis: 1, opset: 13),
  ]

  @Test(arguments: rows)
  func setsSumUpToOne(_ row: Row) throws {
    var generator = SeededGenerator(seed: 1)
    let x = (0..<row.shape.elementCount).map { _ in
      Float.random(in: -30...30, using: &generator)
    }
    let attributes: [String: Attribute] = row.axis.map { ["axis": .int(Int64($0))] } ?? [:]
    let found: [Float] = try result(
      "Softmax", opset: row.opset, Tensor(x, shape: row.shape), attributes: attributes
    ).elements()
    let wide: [Double] = try result(
      "Softmax", opset: row.opset, Tensor(x.map { Double($0) }, shape: row.shape),
      attributes: attributes
    ).elements()
    let axis = row.axis ?? (row.opset < 13 ? 1 : -1)
    let first = axis < 0 ? axis + row.shape.rank : axis
    let last = row.opset < 13 ? row.shape.rank - 1 : first
    let axes = Array(first...last)
    var expected = [Double](repeating: 0, count: x.count)
    for set in ReductionTests.sets(.init(shape: row.shape, axes: axes)).elements {
      let largest = set.map { Double(x[$0]) }.max() ?? 0
      let sum = set.map { exp(Double(x[$0]) - largest) }.reduce(0, +)
      for element in set { expected[element] = exp(Double(x[element]) - largest) / sum }
    }
    // x - largest is rounded in float32: by half an ulp of at most 60.
    let narrowError = zip(found, expected).map { (Double($0) - $1).magnitude / ($1 + 1e-32) }.max()
    #expect(narrowError ?? 0 <= 4e-6)
    // A plain sum of 20,000 terms, here in the oracle.
    let wideError = zip(wide, expected).map { ($0 - $1).magnitude / $1 }.max()
    #expect(wideError ?? 0 <= 1e-12)
  }

  @Test(arguments: [Shape([1, 3]), [3, 1]])
  func largeNumbersInfinitiesAndNaN(_ shape: Shape) throws {
    func softmax(_ x: [Float]) throws -> [Float] {
      let axis = Int64(shape[0] == 1 ? 1 : 0)
      return try result(
        "Softmax", opset: 13, Tensor(x, shape: shape), attributes: ["axis": .int(axis)]
      ).elements()
    }
    #expect(try softmax([1000, 1000, -1000]) == [0.5, 0.5, 0])
    #expect(try softmax([-.infinity, 3, -.infinity]) == [0, 1, 0])
    #expect(areNaN(try softmax([.nan, 3, 1])))
    #expect(areNaN(try softmax([-.infinity, -.infinity, -.infinity])))
  }

  @Test func wrongAxesAreRefused() {
    #expect(
      refusal("Softmax", opset: 13, Tensor([1] as [Float]), attributes: ["axis": .int(1)])
        == "axis 1 does not fit the shape [1]")
    #expect(
      refusal("Softmax", opset: 11, Tensor([1] as [Float])) == "axis 1 does not fit the shape [1]")
    #expect(
      refusal("Softmax", opset: 13, Tensor([1] as [Int32]))
        == "input 0 is int32, expected floating point")
  }
}

@Suite("BatchNormalization")
struct BatchNormalizationTests {
  static func statistics<T: FloatingElement>(_: T.Type) -> [Tensor] {
    [[2, -1], [0.5, 0], [1, -2], [4, 0.25]].map { Tensor($0.map { T(converting: $0) }) }
  }

  @Test(arguments: [7, 9, 14, 15])
  func channelsAreNormalized(_ opset: Int) throws {
    let x = Tensor([1, 5, -2, 0, 3, 7, 2, 1] as [Double], shape: [2, 2, 2])
    let found: [Double] = try run(
      "BatchNormalization", opset: opset, inputs: [x] + Self.statistics(Double.self),
      attributes: ["epsilon": .float(0), "momentum": .float(0.5)])[0].elements()
    // (x - mean) / sqrt(variance) * scale + bias, by hand.
    #expect(found == [0.5, 4.5, 0, -4, 2.5, 6.5, -8, -6])
  }

  @Test func epsilonIsAddedToTheVariance() throws {
    let x = Tensor([1, 1] as [Float], shape: [1, 2])
    let found: [Float] = try run(
      "BatchNormalization", opset: 9, inputs: [x] + Self.statistics(Float.self))[0].elements()
    let second = Float(-3 / (0.25 + Double(Float(1e-5))).squareRoot())
    #expect(found[0] == 0.5)
    #expect((found[1] - second).magnitude <= 2 * second.ulp)
  }

  @Test func oneDimensionIsOneChannel() throws {
    let one = Tensor([1] as [Float])
    let found = try run(
      "BatchNormalization", opset: 9,
      inputs: [Tensor([1, 3] as [Float]), one, one, one, Tensor([4] as [Float])],
      attributes: ["epsilon": .float(0)])[0]
    #expect(found == Tensor([1, 2] as [Float]))
  }

  @Test func activationsHadStatisticsOfTheirOwn() throws {
    let statistics = [[1, 2], [0, 1], [1, 1], [1, 4]].map { Tensor($0 as [Float], shape: [1, 2]) }
    let found = try run(
      "BatchNormalization", opset: 8,
      inputs: [Tensor([1, 3, 5, 7] as [Float], shape: [2, 1, 2])] + statistics,
      attributes: ["spatial": .int(0), "epsilon": .float(0)])[0]
    #expect(found == Tensor([0, 3, 4, 7] as [Float], shape: [2, 1, 2]))
  }

  @Test func halvesMayHaveFloatStatistics() throws {
    let x = Tensor([Half(1), Half(5)], shape: [1, 2])
    let found = try run(
      "BatchNormalization", opset: 15, inputs: [x] + Self.statistics(Float.self))[0]
    #expect(found.elementType == .float16)
    #expect(found.elements(of: Half.self)[0] == Half(0.5))
  }

  @Test func trainingIsRefused() {
    let inputs = [Tensor([1, 1] as [Float], shape: [1, 2])] + Self.statistics(Float.self)
    func refusal(
      _ opset: Int, _ attributes: [String: Attribute] = [:], outputs: Int = 1
    ) -> String? {
      do {
        _ = try run(
          "BatchNormalization", opset: opset, inputs: inputs, attributes: attributes,
          outputs: outputs)
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(
      refusal(14, ["training_mode": .int(1)])
        == "attribute training_mode is 1, expected 0: only inference is supported")
    #expect(refusal(9, outputs: 5) == "output 1 is asked for, which only training makes")
    #expect(refusal(9, ["spatial": .int(1)]) == "unknown attribute spatial in opset 9")
  }

  @Test func statisticsOfAnotherSizeAreRefused() {
    let one = Tensor([1] as [Float])
    #expect(
      refusal(
        "BatchNormalization", opset: 9, Tensor([1, 1] as [Float], shape: [1, 2]), one, one, one, one
      )
        == "input 1 is float32[1], expected float32[2]")
  }
}

@Suite("Dropout")
struct DropoutTests {
  static let x = Tensor([1, -2, .nan] as [Float])

  @Test func inferenceKeepsEverything() throws {
    #expect(
      try result("Dropout", opset: 7, Self.x, attributes: ["ratio": .float(0.3)]) == Self.x)
    let outputs = try run(
      "Dropout", opset: 13, inputs: [Self.x, Tensor(scalar: Float(0.9)), Tensor(scalar: false)],
      attributes: ["seed": .int(1)], outputs: 2, constantInputs: false)
    #expect(outputs == [Self.x, Tensor([true, true, true])])
    #expect(try run("Dropout", opset: 10, inputs: [Self.x], outputs: 2)[1].elementType == .bool)
    #expect(
      try run("Dropout", opset: 7, inputs: [Self.x], outputs: 2)[1] == Tensor([1, 1, 1] as [Float]))
  }

  @Test func trainingIsRefused() {
    #expect(
      refusal("Dropout", opset: 12, Self.x, nil, Tensor(scalar: true))
        == "input 2 (training_mode) is true: only inference is supported")
    #expect(
      refusal("Dropout", opset: 12, Self.x, Tensor(scalar: Half(0)), Tensor(scalar: true)) == nil)
  }
}
