import CKernels

/// A floating-point format of GPUs, whose values are float32 numbers with fewer bits.
public enum NarrowFormat: String, CaseIterable, Sendable, Codable {
  /// IEEE binary16: 10 bits behind the point, largest number 65,504.
  case fp16
  /// bfloat16: 7 bits behind the point, the range of float32.
  case bf16
  /// TensorFloat-32, what tensor cores multiply: 10 bits behind the point, the range of float32.
  case tf32

  /// Half a unit in the last place of 1.
  package var unit: Double {
    switch self {
    case .fp16, .tf32: 0x1p-11
    case .bf16: 0x1p-8
    }
  }

  /// Writes each number's nearest value of the format, ties to even; NaN stays NaN, and what is
  /// beyond the range becomes infinite.
  package func round(
    _ numbers: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Float>,
    team: ThreadTeam
  ) {
    precondition(numbers.count == result.count)
    team.forEachChunk(of: numbers.count) { chunk in
      let from = UnsafeBufferPointer(rebasing: numbers[chunk])
      let to = UnsafeMutableBufferPointer(rebasing: result[chunk])
      switch self {
      case .fp16: throughHalves(from, to, float32_to_float16, float16_to_float32)
      case .bf16: throughHalves(from, to, float32_to_bfloat16, bfloat16_to_float32)
      case .tf32: for index in from.indices { to[index] = from[index].roundedToTF32 }
      }
    }
  }
}

private func throughHalves(
  _ from: UnsafeBufferPointer<Float>, _ to: UnsafeMutableBufferPointer<Float>,
  _ narrow: (UnsafePointer<Float>?, UnsafeMutablePointer<UInt16>?, Int) -> Void,
  _ widen: (UnsafePointer<UInt16>?, UnsafeMutablePointer<Float>?, Int) -> Void
) {
  withUnsafeTemporaryAllocation(of: UInt16.self, capacity: from.count) { halves in
    narrow(from.baseAddress, halves.baseAddress, from.count)
    widen(halves.baseAddress, to.baseAddress, from.count)
  }
}

extension Float {
  /// The nearest number with 10 bits behind the point, ties to even.
  fileprivate var roundedToTF32: Float {
    let isFinite = bitPattern & 0x7f80_0000 != 0x7f80_0000
    let rounded = (bitPattern &+ 0xfff &+ (bitPattern >> 13 & 1)) & ~0x1fff
    return Float(bitPattern: isFinite ? rounded : bitPattern)
  }
}
