/// What a detector's decode is replaced by.
public enum PatchTarget: String, Sendable, CaseIterable {
  /// `YoloLayer_TRT` on three sigmoid maps.
  case yololayer
  /// `BatchedNMSDynamic_TRT` on boxes and scores that the graph decodes itself.
  case batchednms
  /// `EfficientNMS_TRT` on boxes and scores that the graph decodes itself.
  case efficientnms
  /// Nothing: the graph ends in sigmoid maps.
  case heads
}

/// How a graph is patched. What is left out has NVIDIA's own value.
public struct PatchOptions: Sendable {
  public var target: PatchTarget
  /// Width and height of all anchors, finest scale first; for graphs without a decode.
  public var anchors: [Float]?
  /// Pixels per cell, finest scale first; for graphs without a decode.
  public var strides: [Int]?
  /// For graphs without a decode.
  public var classes: Int?
  public var scoreThreshold: Float?
  public var iouThreshold: Float?
  /// Detections kept at most: `keepTopK` or `max_output_boxes`.
  public var keepTopK: Int?
  /// Boxes that enter the suppression at most: `topK`.
  public var topK: Int?

  public init(_ target: PatchTarget) { self.target = target }
}
