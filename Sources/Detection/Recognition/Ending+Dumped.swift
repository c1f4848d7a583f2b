import BoxMath

/// Ends of graphs that are not at hand, known by the tensors they give out.
extension Ending {
  /// Rows of cx, cy, w, h, objectness and classes.
  package static func decodedRows(_ output: String, classCount: Int) -> Ending {
    var ending = Ending(.yolov5Decoded)
    ending.table = .yolov5Rows(output)
    ending.classCount = classCount
    return ending
  }

  package static func boxesAndScores(
    boxes: String, scores: String, classCount: Int
  ) -> Ending {
    var ending = Ending(.boxesAndScores)
    ending.table = .boxesAndScores(boxes: boxes, scores: scores)
    ending.classCount = classCount
    return ending
  }

  /// - Parameter maps: finest first.
  package static func heads(_ maps: [HeadMap], throughSigmoid: Bool, classCount: Int) -> Ending {
    var ending = Ending(throughSigmoid ? .headsSigmoid : .headsLogit)
    ending.maps = BareMaps(maps: maps, areThroughSigmoid: throughSigmoid)
    ending.classCount = classCount
    return ending
  }

  /// - Parameters:
  ///   - maps: the plugin's inputs in its order.
  ///   - outputs: the tensors that stand for its outputs, in its order.
  package static func yoloLayer(
    _ parameters: YoloLayerParameters, maps: [HeadMap], outputs: [String]
  ) -> Ending {
    var ending = Ending(.yoloLayerPlugin)
    ending.yoloLayer = YoloLayerTail(
      parameters: parameters, maps: maps, logits: nil, outputs: outputs)
    ending.classCount = parameters.classCount
    return ending
  }
}
