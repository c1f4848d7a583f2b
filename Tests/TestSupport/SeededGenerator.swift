import Tensors

/// Numbers that are the same on every run and every platform (SplitMix64); a failing row prints the
/// seed.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  package mutating func int(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &self)
  }

  /// Small integers, which sums and products of a few keep exact.
  package mutating func numbers(_ count: Int) -> [Double] {
    (0..<count).map { _ in Double(int(-9...9)) }
  }

  /// A float32 tensor, uniform in a range.
  package mutating func tensor(_ shape: Shape, in range: ClosedRange<Float>) -> Tensor {
    Tensor(
      (0..<shape.elementCount).map { _ in Float.random(in: range, using: &self) }, shape: shape)
  }
}
