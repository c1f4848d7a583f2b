import CKernels

/// Conversions between float32 and the half-width floating-point types, given by their bits.
///
/// Widening is exact, rounding goes to the nearest with ties to even; both keep NaN.
package enum HalfConversion: Sendable {
  case float16, bfloat16

  /// Writes `narrow.count` float32 numbers to `wide`.
  package func widen(
    _ narrow: UnsafeBufferPointer<UInt16>, into wide: UnsafeMutableBufferPointer<Float>,
    team: ThreadTeam
  ) {
    precondition(narrow.count == wide.count)
    team.forEachChunk(of: narrow.count) { chunk in
      let from = narrow.baseAddress! + chunk.lowerBound
      let to = wide.baseAddress! + chunk.lowerBound
      switch self {
      case .float16: float16_to_float32(from, to, chunk.count)
      case .bfloat16: bfloat16_to_float32(from, to, chunk.count)
      }
    }
  }

  /// Writes `wide.count` half-width numbers to `narrow`.
  package func round(
    _ wide: UnsafeBufferPointer<Float>, into narrow: UnsafeMutableBufferPointer<UInt16>,
    team: ThreadTeam
  ) {
    precondition(narrow.count == wide.count)
    team.forEachChunk(of: wide.count) { chunk in
      let from = wide.baseAddress! + chunk.lowerBound
      let to = narrow.baseAddress! + chunk.lowerBound
      switch self {
      case .float16: float32_to_float16(from, to, chunk.count)
      case .bfloat16: float32_to_bfloat16(from, to, chunk.count)
      }
    }
  }
}
