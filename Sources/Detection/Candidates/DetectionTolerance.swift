import BoxMath

/// How far two graphs' detections may be apart and still agree.
public struct DetectionTolerance: Sendable, Equatable, Codable {
  /// For each coordinate of a box, in pixels of the network's input.
  public var boxPx: Float
  /// What is allowed beside it, for each pixel of the box's longer side.
  public var boxRelative: Float?
  /// For objectness, class probabilities and their products.
  public var score: Float

  public init(boxPx: Float, boxRelative: Float? = nil, score: Float) {
    self.boxPx = boxPx
    self.boxRelative = boxRelative
    self.score = score
  }

  /// For each coordinate of this box, in pixels of the network's input.
  package func allowed(for box: Box) -> Float {
    guard let boxRelative else { return boxPx }
    let side = max(box.x2 - box.x1, box.y2 - box.y1)
    return side.isFinite ? boxPx + boxRelative * max(side, 0) : boxPx
  }
}
