import Operators
import Tensors
import Testing

@Suite("Min and Max")
struct MinMaxTests {
  @Test func anyNumberOfInputsIsBroadcast() throws {
    let a = Tensor([1, 5, 3, -1] as [Float], shape: [2, 2])
    let b = Tensor([2, 4] as [Float])
    let c = Tensor([0, 3] as [Float], shape: [2, 1])
    #expect(
      try result("Max", opset: 8, a, b, c) == Tensor([2, 5, 3, 4] as [Float], shape: [2, 2]))
    #expect(
      try result("Min", opset: 8, a, b, c) == Tensor([0, 0, 2, -1] as [Float], shape: [2, 2]))
    #expect(
      try result("Max", opset: 13, b, c, a) == Tensor([2, 5, 3, 4] as [Float], shape: [2, 2]))
    #expect(try result("Min", opset: 13, a) == a)
    let scalars = try result(
      "Max", opset: 13, Tensor(scalar: Int64(1)), Tensor(scalar: Int64(4)),
      Tensor([2, 9] as [Int64]))
    #expect(scalars == Tensor([4, 9] as [Int64]))
  }

  @Test(arguments: ["Min", "Max"])
  func notANumberPrevails(_ type: String) throws {
    let numbers = Tensor([1, .nan, .nan, -.infinity, .infinity] as [Double])
    let others = Tensor([.nan, 1, .nan, 0, 0] as [Double])
    let found: [Double] = try result(type, opset: 13, numbers, others).elements()
    #expect(areNaN(found[..<3]))
    #expect(found[3...] == (type == "Min" ? [-.infinity, 0] : [0, .infinity]))
  }

  @Test func wrongInputsAreRefused() {
    #expect(refusal("Max", opset: 13) == "no inputs, expected one or more")
    #expect(
      refusal("Max", opset: 13, Tensor([1] as [Float]), Tensor([1] as [Double]))
        == "inputs are float32 and float64, expected one type")
    #expect(refusal("Min", opset: 13, Tensor([1] as [Float]), nil) == "input 1 is missing")
  }
}
