import ONNXGraph
import Tensors

extension OutputFormat {
  /// What transformers give out for each query.
  static let queriesBoxesScores = OutputFormat(
    form: .queriesBoxesScores,
    columns: "cx, cy, w, h (fractions) `[N, Q, 4]`, and logits `[N, Q, nc]` or `[N, Q, nc+1]`",
    writers: "DETR, YOLOS, RT-DETR (transformers), RF-DETR"
  ) { $0.queries() }
}

extension Recognizer {
  /// Boxes that come from a sigmoid, and scores beside them that come from a learned layer.
  fileprivate func queries() -> Ending? {
    for boxes in floatOutputs where boxes.shape.rank == 3 && boxes.shape[2] == 4 {
      guard structure.origin(ofColumn: 0, of: boxes.name).activation == .sigmoid,
        let size = structure.inputSize,
        let scores = floatOutputs.first(where: {
          $0.name != boxes.name && $0.shape.rank == 3 && $0.shape[0] == boxes.shape[0]
            && $0.shape[1] == boxes.shape[1] && $0.shape[2] > 0
        }), structure.learnedMaps(behind: [boxes.name], cellCount: boxes.shape[1]) == nil
      else { continue }
      let isLogit = structure.origin(ofColumn: 0, of: scores.name).activation == .learned
      var table = CellTable(
        boxes: ColumnRange(boxes.name), scores: ColumnRange(scores.name), kind: .products,
        coding: .centerAndSize)
      table.unit = .fractions(width: size.width, height: size.height)
      table.activation = isLogit ? .logit : .probability
      var ending = Ending(.queriesBoxesScores)
      let classes = namedClasses ?? expectedClasses
      let isWithNothing = isLogit && classes.map { $0 + 1 == scores.shape[2] } ?? false
      if isWithNothing { table.activation = .softmaxWithNothingLast }
      ending.table = table
      ending.classCount = scores.shape[2] - (isWithNothing ? 1 : 0)
      ending.geometry = DecodeGeometry(layout: CellLayout(rows: boxes.shape[1]))
      ending.oneSidedOutputs = outputs(without: table.names)
      ending.shown = Ending.Shown(boxes: true, scores: true)
      return ending
    }
    return nil
  }
}
