import Kernels

/// The logits around the place where the sigmoid reaches a threshold, found with the sigmoid that
/// graphs are run with.
///
/// That sigmoid rounds: not every number between 0 and 1 is one, and now and then a larger logit
/// gives a smaller number.
package struct ThresholdLogits: Sendable {
  /// The logit whose sigmoid is nearest to the threshold from below; `nil` when all reach it.
  package private(set) var below: Float?
  /// A logit whose sigmoid is exactly the threshold; `nil` when none is.
  package private(set) var at: Float?
  /// The logit whose sigmoid is nearest to the threshold from above; `nil` when none exceeds it.
  package private(set) var above: Float?

  package var all: [Float] { [below, at, above].compactMap { $0 } }

  /// Logits looked at on either side of where a monotone sigmoid would reach the threshold.
  private static let searchWidth = 512

  package init(_ threshold: Float) {
    let start = Self.firstLogit { $0 >= threshold } ?? .greatestFiniteMagnitude
    var (lower, upper) = (-Float.infinity, Float.infinity)
    for logit in Self.neighbours(of: start) {
      let value = Self.sigmoid(logit)
      if value == threshold {
        at = logit
      } else if value < threshold, value >= lower {
        (lower, below) = (value, logit)
      } else if value > threshold, value < upper {
        (upper, above) = (value, logit)
      }
    }
    if above == nil { above = Self.firstLogit { $0 > threshold } }
  }

  /// Finite logits in order.
  private static func neighbours(of logit: Float) -> [Float] {
    var (below, above) = ([Float](), [Float]())
    var (down, up) = (logit, logit)
    for _ in 0..<searchWidth {
      (down, up) = (down.nextDown, up.nextUp)
      below.append(down)
      above.append(up)
    }
    return (below.reversed() + [logit] + above).filter(\.isFinite)
  }

  private static func sigmoid(_ logit: Float) -> Float {
    var (input, output) = (logit, Float())
    withUnsafePointer(to: &input) { input in
      withUnsafeMutablePointer(to: &output) { output in
        Activations.sigmoid(
          UnsafeBufferPointer(start: input, count: 1),
          into: UnsafeMutableBufferPointer(start: output, count: 1))
      }
    }
    return output
  }

  /// The smallest finite logit whose sigmoid fulfils a condition that all above it fulfil as well.
  private static func firstLogit(where condition: (Float) -> Bool) -> Float? {
    var low = -Float.greatestFiniteMagnitude
    var high = Float.greatestFiniteMagnitude
    guard condition(sigmoid(high)) else { return nil }
    if condition(sigmoid(low)) { return low }
    while low.nextUp < high {
      let middle = Self.middle(low, high)
      if condition(sigmoid(middle)) { high = middle } else { low = middle }
    }
    return high
  }

  /// The float with as many floats between it and either of two others.
  private static func middle(_ a: Float, _ b: Float) -> Float {
    func place(_ x: Float) -> Int { x < 0 ? -Int((-x).bitPattern) : Int(x.bitPattern) }
    let middle = (place(a) + place(b)) >> 1
    return middle < 0
      ? -Float(bitPattern: UInt32(-middle)) : Float(bitPattern: UInt32(middle))
  }
}
