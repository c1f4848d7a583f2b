import BoxMath
import ONNXGraph
import Tensors

extension OutputFormat {
  /// What DeepStream-Yolo wrote before 2024, and transformers after their own post-processing.
  static let boxesScoresLabels = OutputFormat(
    form: .boxesScoresLabels,
    columns: "corners `[N, A, 4]` (px), scores and labels `[N, A]` or `[N, A, 1]`",
    writers: "DeepStream-Yolo before 2024; RT-DETR, D-FINE, DEIM"
  ) { $0.boxesScoresLabels() }
}

extension Recognizer {
  /// Three outputs of as many rows, one of them of four numbers, one of whole numbers.
  fileprivate func boxesScoresLabels() -> Ending? {
    for boxes in floatOutputs where boxes.shape.rank == 3 && boxes.shape[2] == 4 {
      let single = outputNames.compactMap { name -> Output? in
        guard let shape = structure.lookup(name)?.shape else { return nil }
        let isSingle =
          shape.rank == 2 && Array(shape) == [boxes.shape[0], boxes.shape[1]]
          || shape.rank == 3 && Array(shape) == [boxes.shape[0], boxes.shape[1], 1]
        return isSingle ? Output(name: name, shape: shape) : nil
      }
      let labels = single.filter { structure.origin(ofColumn: 0, of: $0.name).isWhole }
      let scores = single.filter { !structure.origin(ofColumn: 0, of: $0.name).isWhole }
      guard labels.count == 1, scores.count == 1 else { continue }
      let names = [boxes.name, scores[0].name, labels[0].name]
      return labelled(
        .boxesScoresLabels, boxes: ColumnRange(names[0]), scores: ColumnRange(names[1]),
        labels: ColumnRange(names[2]), rowCount: boxes.shape[1])
    }
    return nil
  }

  /// Rows of a box, a score and a label: one for each cell, or those that the graph keeps.
  func labelled(
    _ form: Form, boxes: ColumnRange, scores: ColumnRange, labels: ColumnRange?,
    image: ColumnRange? = nil, coding: BoxCoding = .corners, rowCount: Int?
  ) -> Ending {
    let table = CellTable(
      boxes: boxes, scores: scores, labels: labels, kind: .best, coding: coding)
    let chosen = structure.nodes(
      ofTypes: ["TopK", "NonMaxSuppression", "NonZero"], behind: table.names)
    var ending = Ending(
      chosen.contains { $0.operatorType == "NonMaxSuppression" } ? .nonMaxSuppression : form)
    ending.fixesMeaning = true
    ending.oneSidedOutputs = outputs(without: table.names)
    if chosen.isEmpty, let rowCount, image == nil,
      let maps = structure.learnedMaps(behind: table.names, cellCount: rowCount)
    {
      ending.table = table
      ending.geometry = DecodeGeometry(layout: maps.layout)
      return ending
    }
    ending.kept = KeptRows(table: table, image: image)
    if let node = chosen.first(where: { $0.operatorType == "NonMaxSuppression" }) {
      ending.kept?.suppression = structure.suppression(node)
    }
    return ending
  }
}
