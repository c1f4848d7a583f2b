import ONNXGraph
import Tensors

extension OutputFormat {
  /// What NVIDIA's recipe gives BatchedNMS, and others a parser.
  static let boxesAndScores = OutputFormat(
    form: .boxesAndScores,
    columns: "corners `[N, A, 4]` or `[N, A, 1, 4]` (px), and products `[N, A, nc]`",
    writers: "yolov5_gpu_optimization without its plugin"
  ) { $0.boxesAndScores() }
}

extension CellTable {
  /// Corners and products in a tensor each.
  static func boxesAndScores(
    boxes: String, scores: String, heads: [HeadMap] = []
  ) -> CellTable {
    CellTable(
      boxes: ColumnRange(boxes), scores: ColumnRange(scores), kind: .products, coding: .corners,
      heads: heads)
  }
}

extension Recognizer {
  /// Boxes `[N, A, 4]` or `[N, A, 1, 4]` and scores `[N, A, nc]`.
  fileprivate func boxesAndScores() -> Ending? {
    let outputs = floatOutputs
    let boxes = outputs.filter(isBoxes).sorted { $0.shape.rank > $1.shape.rank }
    for box in boxes {
      for score in outputs
      where score.name != box.name && score.shape.rank == 3
        && score.shape[0] == box.shape[0] && score.shape[1] == box.shape[1] && score.shape[2] > 0
      {
        return ending(box, score)
      }
    }
    return nil
  }

  private func ending(_ boxes: Output, _ scores: Output) -> Ending {
    let (table, layout) = boxesAndScores(boxes, scores)
    var ending = Ending(.boxesAndScores)
    ending.table = table
    ending.fixesMeaning = true
    ending.classCount = scores.shape[2]
    ending.geometry = DecodeGeometry(layout: layout)
    ending.oneSidedOutputs = self.outputs(without: [boxes.name, scores.name])
    ending.differences = classDifferences(scores.shape[2], "the output has")
    return ending
  }

  func isBoxes(_ output: Output) -> Bool {
    let shape = output.shape
    return shape.rank == 3 && shape[2] == 4 || shape.rank == 4 && shape[2] == 1 && shape[3] == 4
  }

  /// Boxes and scores with the heads behind them, and the cells they are of.
  func boxesAndScores(
    _ boxes: Output, _ scores: Output
  ) -> (table: CellTable, layout: CellLayout) {
    let (cellCount, classCount) = (scores.shape[1], scores.shape[2])
    let heads =
      structure.heads(
        behind: [boxes.name, scores.name], channels: 5 + classCount, cellCount: cellCount) ?? []
    let layout =
      heads.isEmpty
      ? familiarLayout(cellCount: cellCount, anchors: [3, 1]) ?? CellLayout(rows: cellCount)
      : heads.layout
    return (.boxesAndScores(boxes: boxes.name, scores: scores.name, heads: heads), layout)
  }
}
