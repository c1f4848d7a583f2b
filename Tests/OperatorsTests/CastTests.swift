import ONNXGraph
import Operators
import Tensors
import TestSupport
import Testing

@Suite("Cast")
struct CastTests {
  /// ONNX's number of each type.
  static let codes: [ElementType: Int64] = [
    .float32: 1, .uint8: 2, .int8: 3, .uint16: 4, .int16: 5, .int32: 6, .int64: 7, .bool: 9,
    .float16: 10, .float64: 11, .uint32: 12, .uint64: 13, .bfloat16: 16,
  ]

  static func cast(_ tensor: Tensor, to type: ElementType, opset: Int = 13) throws -> Tensor {
    try result("Cast", opset: opset, tensor, attributes: ["to": .int(codes[type]!)])
  }

  @Test(arguments: ElementType.allCases)
  func smallNumbersSurviveEveryPairOfTypes(_ from: ElementType) throws {
    let start = Tensor([0, 1, 5, 120] as [Float])
    let source = try Self.cast(start, to: from)
    #expect(source.elementType == from)
    for type in ElementType.allCases {
      let there = try Self.cast(source, to: type)
      #expect(there.elementType == type)
      let back: [Double] = try Self.cast(there, to: .float64).elements()
      let keeps = from != .bool && type != .bool
      #expect(back == (keeps ? [0, 1, 5, 120] : [0, 1, 1, 1]), "\(from) to \(type)")
    }
  }

  @Test func floatsGoTowardsZeroAndStopAtTheBounds() throws {
    let x = Tensor([2.9, -2.9, 1e20, -1e20, .infinity, .nan] as [Float])
    #expect(try Self.cast(x, to: .int64) == Tensor([2, -2, .max, .min, .max, 0] as [Int64]))
    #expect(try Self.cast(x, to: .int8) == Tensor([2, -2, 127, -128, 127, 0] as [Int8]))
    #expect(try Self.cast(x, to: .uint8) == Tensor([2, 0, 255, 0, 255, 0] as [UInt8]))
    #expect(try Self.cast(x, to: .bool) == Tensor([true, true, true, true, true, true]))
    #expect(try Self.cast(Tensor([0.1, -0.0] as [Double]), to: .bool) == Tensor([true, false]))
  }

  @Test func integersKeepTheirLowestBits() throws {
    let x = Tensor([200, -1, 1 << 32 + 7, .min] as [Int64])
    #expect(try Self.cast(x, to: .int8) == Tensor([-56, -1, 7, 0] as [Int8]))
    #expect(try Self.cast(x, to: .uint64) == Tensor([200, .max, 1 << 32 + 7, 1 << 63] as [UInt64]))
    #expect(
      try Self.cast(Tensor([UInt64.max]), to: .float32)
        == Tensor([18_446_744_073_709_551_616] as [Float]))
    // Float32 and float64 are each rounded once.
    #expect(
      try Self.cast(Tensor([16_777_217] as [Int64]), to: .float32)
        == Tensor([16_777_216] as [Float]))
  }

  @Test func halvesAreRoundedOnce() throws {
    // Just above half way between 1 and the next half; by way of float32 it would be a tie.
    let above = 1 + 0x1p-11 + 0x1p-40
    let x = Tensor(
      [above, -above, 1 + 0x1p-11, 65519.99, 65520, 0x1p-25 + 0x1p-60, 0x1p-25] as [Double])
    let halves = try Self.cast(x, to: .float16)
    #expect(
      halves.elements(of: Half.self).map(\.bits) == [
        0x3c01, 0xbc01, 0x3c00, 0x7bff, 0x7c00, 0x0001, 0x0000,
      ])
    let brains = try Self.cast(
      Tensor([1 + 0x1p-8 + 0x1p-40, 1 + 0x1p-8, 1e39] as [Double]), to: .bfloat16)
    #expect(brains.elements(of: BFloat16.self).map(\.bits) == [0x3f81, 0x3f80, 0x7f80])
  }

  @Test(arguments: [ElementType.float16, .bfloat16])
  func fastConversionsAgreeWithTheElementTypes(_ type: ElementType) throws {
    var generator = SeededGenerator(seed: 7)
    let numbers =
      (0..<70_003).map { _ in
        Float(bitPattern: UInt32.random(in: 0...(.max), using: &generator))
      } + (0..<70_003).map { _ in Float.random(in: -70_000...70_000, using: &generator) }
    let narrow = try Self.cast(Tensor(numbers), to: type)
    let expected = numbers.map { type == .float16 ? Half($0).bits : BFloat16($0).bits }
    let bits = narrow.withUnsafeBytes { Array($0.assumingMemoryBound(to: UInt16.self)) }
    #expect(bits == expected)
    let wide: [Float] = try Self.cast(narrow, to: .float32).elements()
    let back = bits.map { type == .float16 ? Half(bits: $0).float : BFloat16(bits: $0).float }
    #expect(wide.map(\.bitPattern) == back.map(\.bitPattern))
  }

  @Test func typesThatAreNotKeptAreRefused() {
    let x = Tensor([1] as [Float])
    for code: Int64 in [0, 8, 14, 15, 17, 18, 19, 20, 21, 22, 23, -1, .max] {
      let message = refusal("Cast", opset: 21, x, attributes: ["to": .int(code)])
      #expect(
        message?.contains("expected a floating-point type of 16 bits or more") == true, "\(code)")
    }
    #expect(
      refusal("Cast", opset: 13, x, attributes: ["to": .int(8)])?.hasPrefix(
        "attribute to is string")
        == true)
    #expect(refusal("Cast", opset: 13, x) == "attribute to is missing")
  }

  @Test func saturateIsKnownFromOpset19On() {
    let attributes: [String: Attribute] = ["to": .int(7), "saturate": .int(0)]
    let x = Tensor([1] as [Float])
    #expect(refusal("Cast", opset: 19, x, attributes: attributes) == nil)
    #expect(
      refusal("Cast", opset: 18, x, attributes: attributes)
        == "unknown attribute saturate in opset 18")
  }
}
