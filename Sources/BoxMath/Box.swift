/// An axis-aligned box by two opposite corners, in pixels of the network's input.
public struct Box: Sendable, Equatable {
  public var x1: Float
  public var y1: Float
  public var x2: Float
  public var y2: Float

  @inlinable public init(x1: Float, y1: Float, x2: Float, y2: Float) {
    self.x1 = x1
    self.y1 = y1
    self.x2 = x2
    self.y2 = y2
  }

  /// The box around a centre; each corner is computed in double precision and rounded once.
  @inlinable public init(centerX: Float, centerY: Float, width: Float, height: Float) {
    let halfWidth = 0.5 * Double(width)
    let halfHeight = 0.5 * Double(height)
    self.init(
      x1: Float(Double(centerX) - halfWidth), y1: Float(Double(centerY) - halfHeight),
      x2: Float(Double(centerX) + halfWidth), y2: Float(Double(centerY) + halfHeight))
  }

  /// The corner coordinates as one vector: x1, y1, x2, y2.
  @inlinable public var corners: SIMD4<Float> { SIMD4(x1, y1, x2, y2) }

  /// Whether no coordinate is NaN or infinite.
  @inlinable public var isFinite: Bool {
    x1.isFinite && y1.isFinite && x2.isFinite && y2.isFinite
  }

  @inlinable public var area: Float { (x2 - x1) * (y2 - y1) }

  /// The area two boxes share over the area they cover together; 0 when they cover none.
  @inlinable public func intersectionOverUnion(with other: Box) -> Float {
    let width = max(0, min(x2, other.x2) - max(x1, other.x1))
    let height = max(0, min(y2, other.y2) - max(y1, other.y1))
    let intersection = width * height
    let union = area + other.area - intersection
    return union > 0 ? intersection / union : 0
  }

  /// The largest distance between corresponding coordinates, in pixels; NaN when one is NaN.
  @inlinable public func largestDifference(from other: Box) -> Float {
    var largest: Float = 0
    for axis in 0..<4 {
      let difference = abs(corners[axis] - other.corners[axis])
      if !(difference <= largest) { largest = difference }
      if largest.isNaN { break }
    }
    return largest
  }
}
