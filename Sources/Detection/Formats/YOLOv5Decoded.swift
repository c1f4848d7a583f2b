import ONNXGraph
import Tensors

extension OutputFormat {
  /// YOLOv5's and YOLOv7's own export.
  static let yolov5Decoded = OutputFormat(
    form: .yolov5Decoded, columns: "`[N, A, 5+nc]`: cx, cy, w, h (px), objectness, classes",
    writers: "YOLOv5, YOLOv7"
  ) { $0.yolov5Rows() }
}

extension CellTable {
  /// Rows of cx, cy, w, h, objectness and classes.
  static func yolov5Rows(_ output: String, heads: [HeadMap] = []) -> CellTable {
    CellTable(
      boxes: ColumnRange(output), scores: ColumnRange(output, first: 4),
      kind: .objectnessAndClasses, coding: .centerAndSize, heads: heads)
  }
}

extension Recognizer {
  /// `[N, A, 5+nc]`, made from head maps or with as many rows as such heads have cells.
  fileprivate func yolov5Rows() -> Ending? {
    let candidates = floatOutputs.filter { $0.shape.rank == 3 && $0.shape[2] > 5 }
    for output in candidates {
      if let heads = structure.heads(
        behind: [output.name], channels: output.shape[2], cellCount: output.shape[1])
      {
        return yolov5Rows(output, heads: heads, layout: heads.layout)
      }
    }
    for output in candidates {
      if let layout = familiarLayout(cellCount: output.shape[1], anchors: [3]) {
        return yolov5Rows(output, heads: [], layout: layout)
      }
    }
    return nil
  }

  private func yolov5Rows(_ output: Output, heads: [HeadMap], layout: CellLayout) -> Ending {
    let others = outputs(without: [output.name])
    let classes = classes(ofWidth: output.shape[2], before: 5, otherOutputs: others)
    var ending = Ending(.yolov5Decoded)
    ending.table = .yolov5Rows(output.name, heads: heads)
    ending.fixesMeaning = true
    ending.classCount = classes.count
    ending.geometry = DecodeGeometry(layout: layout)
    ending.oneSidedOutputs = others
    ending.differences = classes.differences
    ending.notes = classes.notes
    return ending
  }
}
