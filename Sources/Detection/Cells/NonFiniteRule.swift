import BoxMath

/// What a NaN or an infinity among the numbers that are compared means.
package enum NonFiniteRule: Sendable {
  /// A difference, also where both sides have it: no image may give one.
  case differs
  /// A difference where one side alone has it: it was fed, and has to arrive on both.
  case mayBeShared
}

extension NonFiniteRule {
  /// The distance of two numbers; 0 where both are NaN or the same infinity, if they may be.
  package func distance(_ a: Float, _ b: Float) -> Float {
    self == .mayBeShared && (a == b || (a.isNaN && b.isNaN)) ? 0 : abs(a - b)
  }

  /// The largest distance of two boxes' coordinates; 0 where neither box is finite, if so may be.
  package func distance(_ a: Box, _ b: Box) -> Float {
    self == .mayBeShared && !a.isFinite && !b.isFinite ? 0 : a.largestDifference(from: b)
  }
}
