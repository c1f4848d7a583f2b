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
  /// Rows `[N, A, 5+nc]` of YOLOX: as YOLOv5's, one for each place of each map.
  case yoloxDecoded = "yolox-decoded"
  /// Rows of corners, score and label: one for each cell, or those a graph keeps.
  case rows
  /// Corners `[N, A, 4]`, scores and labels `[N, A]` or `[N, A, 1]`.
  case boxesScoresLabels = "boxes-scores-labels"
  /// Boxes `[N, Q, 4]` and logits `[N, Q, nc]` of a transformer's queries.
  case queriesBoxesScores = "queries-boxes-scores"
  /// Rows chosen by ONNX's `NonMaxSuppression`.
  case nonMaxSuppression = "nonmaxsuppression"
  /// Nothing of these.
  case tensors
}

extension Form {
  /// Whether objectness and class come multiplied, or as one.
  var hasProductsOnly: Bool {
    switch self {
    case .yolov5Decoded, .yoloxDecoded, .headsSigmoid, .headsLogit, .yoloLayerPlugin, .tensors:
      false
    case .boxesAndScores, .yolov8Decoded, .batchedNMSPlugin, .efficientNMSPlugin, .rows,
      .boxesScoresLabels, .queriesBoxesScores, .nonMaxSuppression:
      true
    }
  }
}
