/// What a graph ends in.
public enum Form: String, Sendable, Codable, CaseIterable {
  /// Rows `[N, A, 5+nc]`: cx, cy, w, h, objectness and class probabilities of every cell.
  case yolov5Decoded = "yolov5-decoded"
  /// Head maps that have been through a sigmoid.
  case headsSigmoid = "heads-sigmoid"
  /// Head maps as the last convolutions leave them.
  case headsLogit = "heads-logit"
  /// The four outputs of `YoloLayer_TRT`.
  case yoloLayerPlugin = "yololayer-plugin"
  /// The outputs of `BatchedNMS_TRT` or `BatchedNMSDynamic_TRT`.
  case batchedNMSPlugin = "batchednms-plugin"
  /// The outputs of `EfficientNMS_TRT`.
  case efficientNMSPlugin = "efficientnms-plugin"
  /// Corners `[N, A, 4]` or `[N, A, 1, 4]`, and products of objectness and class `[N, A, nc]`.
  case boxesAndScores = "boxes-and-scores"
  /// Columns `[N, 4+nc, A]`: cx, cy, w, h and class probabilities.
  case yolov8Decoded = "yolov8-decoded"
  /// Nothing of these.
  case tensors
}

extension Form {
  /// Whether objectness and class come multiplied, or as one.
  var hasProductsOnly: Bool {
    switch self {
    case .boxesAndScores, .yolov8Decoded, .batchedNMSPlugin, .efficientNMSPlugin: true
    default: false
    }
  }
}
