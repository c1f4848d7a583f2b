import Operators
import Tensors
import Testing

@Suite("Integer arithmetic")
struct IntegerArithmeticTests {
  struct Row: CustomTestStringConvertible {
    let type: String
    let left: Int8
    let right: Int8
    let result: Int8
    var fmod = false
    var testDescription: String { "\(type) \(left) \(right)" }
  }

  static let rows = [
    Row(type: "Add", left: 127, right: 1, result: -128),
    Row(type: "Sub", left: -128, right: 1, result: 127),
    Row(type: "Mul", left: 64, right: 4, result: 0),
    Row(type: "Mul", left: -128, right: -1, result: -128),
    Row(type: "Div", left: 7, right: 2, result: 3),
    Row(type: "Div", left: -7, right: 2, result: -3),
    Row(type: "Div", left: -128, right: -1, result: -128),
    Row(type: "Mod", left: 7, right: 3, result: 1),
    Row(type: "Mod", left: -7, right: 3, result: 2),
    Row(type: "Mod", left: 7, right: -3, result: -2),
    Row(type: "Mod", left: -7, right: -3, result: -1),
    Row(type: "Mod", left: -6, right: 3, result: 0),
    Row(type: "Mod", left: -128, right: -1, result: 0),
    Row(type: "Mod", left: -7, right: 3, result: -1, fmod: true),
    Row(type: "Mod", left: 7, right: -3, result: 1, fmod: true),
    Row(type: "Mod", left: -128, right: -1, result: 0, fmod: true),
    Row(type: "Pow", left: 3, right: 4, result: 81),
    Row(type: "Pow", left: -2, right: 7, result: -128),
    Row(type: "Pow", left: 3, right: 5, result: -13),
    Row(type: "Pow", left: 5, right: 0, result: 1),
    Row(type: "Pow", left: 0, right: 0, result: 1),
    Row(type: "Pow", left: 1, right: -3, result: 1),
    Row(type: "Pow", left: -1, right: -3, result: -1),
    Row(type: "Pow", left: -1, right: -4, result: 1),
    Row(type: "Pow", left: 2, right: -1, result: 0),
    Row(type: "Pow", left: 0, right: -1, result: 0),
    Row(type: "Pow", left: 12, right: 2, result: -112),
  ]

  @Test(arguments: rows)
  func wrapsAroundAndNeverTraps(_ row: Row) throws {
    let found = try result(
      row.type, opset: 14, Tensor([row.left]), Tensor([row.right]),
      attributes: row.fmod ? ["fmod": .int(1)] : [:])
    #expect(found.elements() == [row.result])
  }

  @Test(arguments: ["Div", "Mod"])
  func aZeroDivisorIsRefused(_ type: String) {
    let message = refusal(type, opset: 14, Tensor([1, 2] as [Int32]), Tensor([1, 0] as [Int32]))
    #expect(message == "input 1 holds a zero, by which integers divide")
  }

  @Test func unsignedPowersOfTheLargestNumberWrapAround() throws {
    let found = try result("Pow", opset: 13, Tensor([UInt64.max]), Tensor([3] as [UInt64]))
    #expect(found.elements() == [UInt64.max])
  }
}

@Suite("Floating-point arithmetic")
struct FloatingArithmeticTests {
  @Test func followsIEEE() throws {
    let a = Tensor([1, -1, 0, .infinity, 1] as [Float])
    let b = Tensor([0, 0, 0, .infinity, .nan] as [Float])
    let quotient: [Float] = try result("Div", opset: 7, a, b).elements()
    #expect(quotient[0] == .infinity && quotient[1] == -.infinity)
    #expect(areNaN(quotient[2...]))
  }

  @Test func modTakesTheSignOfTheDividend() throws {
    let a = Tensor([-4.3, 7.2, 5, 1, .infinity] as [Double])
    let b = Tensor([2.1, -3.4, 8, .infinity, 2] as [Double])
    let found: [Double] = try result("Mod", opset: 10, a, b, attributes: ["fmod": .int(1)])
      .elements()
    // numpy 2.2: np.fmod
    #expect(found[..<4] == [-0.09999999999999964, 0.40000000000000036, 5.0, 1.0])
    #expect(found[4].isNaN)
  }

  @Test func modOfFloatingPointDemandsFmod() {
    let message = refusal("Mod", opset: 13, Tensor([1] as [Float]), Tensor([1] as [Float]))
    #expect(message == "attribute fmod is 0, expected 1 for floating point")
  }

  @Test func powersOfMixedTypesHaveTheTypeOfTheBase() throws {
    let bases = Tensor([2, 9, -3] as [Float])
    let integers = try result("Pow", opset: 12, bases, Tensor([3, -1, 2] as [Int64]))
    #expect(integers == Tensor([8, 1 / 9, 9] as [Float]))
    let roots = try result(
      "Pow", opset: 12, Tensor([2, 9, 100] as [Int32]), Tensor(scalar: Float(0.5)))
    #expect(roots == Tensor([1, 3, 10] as [Int32]))
    let wide = try result("Pow", opset: 12, Tensor([2, 3] as [Int8]), Tensor([7, 40] as [Int64]))
    // 3^40 modulo 256 is 33.
    #expect(wide == Tensor([-128, 33] as [Int8]))
    #expect(
      refusal("Pow", opset: 7, bases, Tensor([3, -1, 2] as [Int64]))
        == "inputs are float32 and int64, expected one type")
  }

  @Test(arguments: [true, false])
  func theSquareIsTheProduct(constant: Bool) throws {
    let x = Tensor([-1.5, 3e-20, 2e20, -0.0, .nan] as [Float], shape: [5, 1])
    let squares = try result(
      "Pow", opset: 13, x, Tensor([2] as [Float]), constantInputs: constant)
    let products = try result("Mul", opset: 13, x, x)
    #expect(squares == products)
    let lifted = try result("Pow", opset: 13, x, Tensor([2] as [Int32], shape: [1, 1, 1]))
    #expect(lifted.shape == [1, 5, 1])
  }
}
