import BoxMath
import ONNXGraph
import Tensors

extension OutputFormat {
  /// Rows of corners, score and label.
  static let rows = OutputFormat(
    form: .rows,
    columns: "`[N, A, 6+]` or `[M, 7]`: (image,) x1, y1, x2, y2 (px), score, label",
    writers: "DeepStream-Yolo, Ultralytics v10, 26 and `nms=True`, YOLOv7 `--end2end`"
  ) { $0.rowsOfSix() }
}

/// Rows that a graph keeps of its cells, highest score first or in any other order.
package struct KeptRows: Sendable {
  /// A row's box, score and label.
  package var table: CellTable
  /// The image of a row, where rows of all images stand in one list.
  package var image: ColumnRange?
  /// The NMS that chose them; `nil` where only their number is limited.
  package var suppression: KeptRowsSuppression?

  /// Whether structure tells the label from the score; otherwise the numbers do, the label being whole.
  package var labelIsTold = true

  package init(table: CellTable, image: ColumnRange? = nil) {
    self.table = table
    self.image = image
  }
}

/// How `NonMaxSuppression` chooses rows.
package struct KeptRowsSuppression: Sendable {
  package var plugin: PluginSuppression
  /// Whether the best class of each cell alone takes part.
  package var takesBestClassOnly: Bool
}

extension Recognizer {
  /// An output of rows whose last column, or the one after a score, is a whole number.
  fileprivate func rowsOfSix() -> Ending? {
    for output in floatOutputs {
      if output.shape.rank == 3, output.shape[2] >= 6, isLabelled(output, column: 5) {
        return rows(output, offset: 0, image: nil)
      }
      if output.shape.rank == 2, output.shape[1] == 7 { return sevenColumns(output) }
    }
    // Rows chosen by a graph may have a number that only a run tells.
    for output in structure.graph.outputs where structure.lookup(output.name) == nil {
      guard case .fixed(let width)? = output.dimensions?.last else { continue }
      if output.dimensions?.count == 2, width == 7 {
        return sevenColumns(Output(name: output.name, shape: [0, 7]))
      }
      let chosen = structure.nodes(ofTypes: ["NonMaxSuppression", "TopK"], behind: [output.name])
      if output.dimensions?.count == 3, width >= 6, !chosen.isEmpty {
        return rows(Output(name: output.name, shape: [1, 0, width]), offset: 0, image: nil)
      }
    }
    return nil
  }

  private func isLabelled(_ output: Output, column: Int) -> Bool {
    structure.origin(ofColumn: column, of: output.name).isWhole
      && !structure.origin(ofColumn: column - 1, of: output.name).isWhole
  }

  private func rows(_ output: Output, offset: Int, image: ColumnRange?) -> Ending {
    let range = ColumnRange(output.name, first: offset)
    return labelled(
      .rows, boxes: range, scores: range.advanced(by: 4), labels: range.advanced(by: 5),
      image: image, rowCount: output.shape.rank == 3 ? output.shape[1] : nil)
  }

  /// `[M, 7]`: image, box, label, score (YOLOv7), or image, box, score, label (super-gradients).
  private func sevenColumns(_ output: Output) -> Ending {
    let range = ColumnRange(output.name)
    let isWhole = [5, 6].map { structure.origin(ofColumn: $0, of: output.name).isWhole }
    var ending = labelled(
      .rows, boxes: range.advanced(by: 1), scores: range.advanced(by: isWhole[0] ? 6 : 5),
      labels: range.advanced(by: isWhole[0] ? 5 : 6), image: range, rowCount: nil)
    ending.kept?.labelIsTold = isWhole[0] != isWhole[1]
    return ending
  }
}

extension GraphStructure {
  /// What a `NonMaxSuppression` node with constant thresholds does.
  func suppression(_ node: Node) -> KeptRowsSuppression? {
    func number(_ place: Int) -> Float? {
      guard node.inputs.indices.contains(place), let value = constant(node.input(place)),
        value.shape.elementCount == 1
      else { return nil }
      return (try? value.asFloat32())?.elements(of: Float.self)[0]
    }
    let iou = number(3) ?? 0
    var suppression = NonMaximumSuppression(iouThreshold: iou, maximumCount: .max)
    suppression.overlap = .orderedArea
    let isOfOneClass =
      lookup(node.input(1))?.shape.dropFirst().first == 1
      || !nodes(ofTypes: ["ReduceMax"], behind: [node.input(1)]).isEmpty
    // Boxes moved apart by their class keep classes from suppressing each other.
    let movesByClass = !nodes(ofTypes: ["ArgMax", "TopK"], behind: [node.input(0)]).isEmpty
    suppression.isClassAgnostic = isOfOneClass && !movesByClass
    return KeptRowsSuppression(
      plugin: PluginSuppression(
        scoreThreshold: number(4) ?? -.greatestFiniteMagnitude, admitsThreshold: false,
        backgroundClass: -1, tieOrder: .classFirst, suppression: suppression, clipsBoxes: false),
      takesBestClassOnly: isOfOneClass)
  }
}
