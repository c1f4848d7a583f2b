/// How far two graphs' detections may be apart and still agree.
public struct DetectionTolerance: Sendable, Equatable, Codable {
  /// For each coordinate of a box, in pixels of the network's input.
  public var boxPx: Float
  /// For objectness, class probabilities and their products.
  public var score: Float

  public init(boxPx: Float, score: Float) {
    self.boxPx = boxPx
    self.score = score
  }
}
