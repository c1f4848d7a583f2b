import BoxMath

/// Ends of graphs that are not at hand, known by the tensors they give out.
extension Ending {
  /// Rows of cx, cy, w, h, objectness and classes.
  package static func decodedRows(_ output: String, classCount: Int) -> Ending {
    Ending(tail: .decodedRows(output: output, heads: []), classCount: classCount)
  }

  package static func boxesAndScores(
    boxes: String, scores: String, classCount: Int
  ) -> Ending {
    Ending(
      tail: .boxesAndScores(BoxesAndScores(boxes: boxes, scores: scores, heads: [])),
      classCount: classCount)
  }

  /// - Parameter maps: finest first.
  package static func heads(_ maps: [HeadMap], throughSigmoid: Bool, classCount: Int) -> Ending {
    Ending(tail: .heads(maps, throughSigmoid: throughSigmoid), classCount: classCount)
  }

  /// - Parameters:
  ///   - maps: the plugin's inputs in its order.
  ///   - outputs: the tensors that stand for its outputs, in its order.
  package static func yoloLayer(
    _ parameters: YoloLayerParameters, maps: [HeadMap], outputs: [String]
  ) -> Ending {
    Ending(
      tail: .yoloLayer(
        YoloLayerTail(parameters: parameters, maps: maps, logits: nil, outputs: outputs)),
      classCount: parameters.classCount)
  }
}
