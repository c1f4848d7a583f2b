import Kernels
import ONNXGraph
import Operators
import Tensors
import Testing

@Suite("Half precision")
struct HalfPrecisionTests {
  @Test(arguments: [true, false])
  func sumsAreRoundedOnce(constant: Bool) throws {
    let a = Tensor([Half(1), Half(2048), Half(60_000)])
    let b = Tensor([Half(0x1p-11), Half(1), Half(60_000)])
    let sum = try result("Add", opset: 13, a, b, constantInputs: constant)
    #expect(sum == Tensor([Half(1), Half(2048), Half(.infinity)]))
    let brains = try result(
      "Mul", opset: 13, Tensor([BFloat16(3)]), Tensor([BFloat16(0.3)]), constantInputs: constant)
    #expect(brains == Tensor([BFloat16(3 * BFloat16(0.3).float)]))
  }

  @Test func comparisonsStayBool() throws {
    let found = try result("Equal", opset: 13, Tensor([Half(1)]), Tensor([Half(1)]))
    #expect(found == Tensor([true]))
  }

  @Test func mixedOperandsAreRefused() {
    let message = refusal("Add", opset: 13, Tensor([Half(1)]), Tensor([1] as [Float]))
    #expect(message == "operands are float16 and float32, expected one type")
    let two = refusal("Add", opset: 13, Tensor([Half(1)]), Tensor([BFloat16(1)]))
    #expect(two == "operands are float16 and bfloat16, expected one type")
  }

  @Test func powersTakeTheTypeOfTheBase() throws {
    let half = try result("Pow", opset: 13, Tensor([Half(3)]), Tensor([3] as [Float]))
    #expect(half == Tensor([Half(27)]))
    let float = try result("Pow", opset: 13, Tensor([3] as [Float]), Tensor([Half(3)]))
    #expect(float == Tensor([27] as [Float]))
  }

  @Test func halvesAreResizedByFloatFactors() throws {
    let x = Tensor([Half(1), Half(3)], shape: [1, 1, 1, 2])
    let found = try result(
      "Resize", opset: 13, x, nil, Tensor([1, 1, 1, 2] as [Float]),
      attributes: ["mode": .string("nearest")])
    #expect(found == Tensor([Half(1), Half(1), Half(3), Half(3)], shape: [1, 1, 1, 4]))
  }

  @Test func dataMovementIsLeftAlone() throws {
    let signalling = Tensor([Half(bits: 0x7d01), Half(bits: 0x8000)])
    #expect(try result("Identity", opset: 13, signalling) == signalling)
    #expect(
      try result("Where", opset: 13, Tensor([true, false]), signalling, Tensor(scalar: Half(2)))
        == Tensor([Half(bits: 0x7d01), Half(2)]))
  }
}
