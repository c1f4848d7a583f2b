import ONNXGraph
import Tensors

/// An output whose rows hold an NMS plugin's boxes, scores and classes side by side.
struct JoinedPluginRows {
  let rows: KeptRows
  private(set) var differences: [String] = []

  /// - Returns: `nil` where no output has columns of all three.
  init?(_ node: Node, _ structure: GraphStructure) {
    for output in structure.graph.outputs {
      guard let shape = structure.lookup(output.name)?.shape, shape.rank >= 2, shape.last ?? 0 >= 6,
        let columns = Columns(node, structure, output.name, width: shape.last ?? 0)
      else { continue }
      let range = ColumnRange(output.name)
      var rows = KeptRows(
        table: CellTable(
          boxes: range.advanced(by: columns.box), scores: range.advanced(by: columns.score),
          labels: range.advanced(by: columns.label), kind: .best, coding: .corners))
      if shape.rank == 2, shape[1] >= 7 { rows.image = range }
      self.rows = rows
      if columns.label < columns.score {
        differences.append(
          "the columns of '\(shown: output.name)' are box, label and score, expected box, score and label"
        )
      }
      return
    }
    return nil
  }

  /// Where the plugin's outputs stand in a row.
  private struct Columns {
    let box: Int
    let score: Int
    let label: Int

    init?(_ node: Node, _ structure: GraphStructure, _ output: String, width: Int) {
      guard node.outputs.count >= 4 else { return nil }
      let origins = (0..<width).map { structure.terminal(ofColumn: $0, of: output) }
      func first(_ place: Int) -> Int? {
        origins.firstIndex { $0.tensor == node.output(place) && $0.column == 0 }
      }
      guard let box = first(1), let score = first(2), let label = first(3), box + 3 < width,
        (1..<4).allSatisfy({
          origins[box + $0].tensor == node.output(1) && origins[box + $0].column == $0
        })
      else { return nil }
      (self.box, self.score, self.label) = (box, score, label)
    }
  }
}
