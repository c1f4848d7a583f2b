import Operators
import Tensors
import Testing

@Suite("Logic")
struct LogicTests {
  struct Row: CustomTestStringConvertible {
    let type: String
    /// For 1 and 2, 2 and 2, 2 and 1, NaN and NaN, -0 and 0, infinity and infinity.
    let result: [Bool]
    var testDescription: String { type }
  }

  static let rows = [
    Row(type: "Equal", result: [false, true, false, false, true, true]),
    Row(type: "Less", result: [true, false, false, false, false, false]),
    Row(type: "LessOrEqual", result: [true, true, false, false, true, true]),
    Row(type: "Greater", result: [false, false, true, false, false, false]),
    Row(type: "GreaterOrEqual", result: [false, true, true, false, true, true]),
  ]

  @Test(arguments: rows)
  func comparisonsFollowIEEE(_ row: Row) throws {
    let a: [Float] = [1, 2, 2, .nan, -0.0, .infinity]
    let b: [Float] = [2, 2, 1, .nan, 0, .infinity]
    #expect(try result(row.type, opset: 13, Tensor(a), Tensor(b)) == Tensor(row.result))
    #expect(
      try result(row.type, opset: 13, Tensor(a.map { Half($0) }), Tensor(b.map { Half($0) }))
        == Tensor(row.result))
    let signed = try result(
      row.type, opset: 13, Tensor([1, 2, 2] as [Int8]), Tensor([2, 2, 1] as [Int8]))
    #expect(signed == Tensor(Array(row.result[..<3])))
    let large = try result(
      row.type, opset: 13, Tensor([1, .max, .max] as [UInt64]), Tensor([.max, .max, 1] as [UInt64]))
    #expect(large == Tensor(Array(row.result[..<3])))
  }

  @Test func boolsCombine() throws {
    let a = Tensor([false, false, true, true])
    let b = Tensor([false, true, false, true])
    #expect(try result("And", opset: 7, a, b) == Tensor([false, false, false, true]))
    #expect(try result("Or", opset: 7, a, b) == Tensor([false, true, true, true]))
    #expect(try result("Equal", opset: 7, a, b) == Tensor([true, false, false, true]))
    #expect(try result("Not", opset: 7, a) == Tensor([true, true, false, false]))
    #expect(
      try result("And", opset: 7, a, Tensor([true, false], shape: [2, 1])).shape == [2, 4])
  }

  @Test func otherTypesAreRefused() {
    let number = Tensor([1] as [Float])
    let truth = Tensor([true])
    #expect(refusal("And", opset: 7, number, number) == "inputs are float32, expected bool")
    #expect(refusal("Not", opset: 7, number) == "input 0 is float32, expected bool")
    #expect(refusal("Less", opset: 9, truth, truth) == "inputs are bool, expected numbers")
    #expect(
      refusal("Where", opset: 9, number, number, number) == "input 0 is float32, expected bool")
    #expect(
      refusal("Where", opset: 9, truth, number, truth)
        == "inputs 1 and 2 are float32 and bool, expected one type")
    #expect(refusal("LessOrEqual", opset: 11, number, number) != nil)
  }

  @Test(arguments: ElementType.allCases)
  func whereTakesEveryType(_ type: ElementType) throws {
    let a = try CastTests.cast(Tensor([1, 1, 1] as [Float]), to: type)
    let b = try CastTests.cast(Tensor([0, 0, 0] as [Float]), to: type)
    let expected = try CastTests.cast(Tensor([1, 0, 1] as [Float]), to: type)
    #expect(try result("Where", opset: 16, Tensor([true, false, true]), a, b) == expected)
  }
}
