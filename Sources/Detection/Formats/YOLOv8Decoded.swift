import ONNXGraph
import Tensors

extension OutputFormat {
  /// The export of Ultralytics' detectors without anchors.
  static let yolov8Decoded = OutputFormat(
    form: .yolov8Decoded, columns: "`[N, 4+nc, A]`: cx, cy, w, h (px), classes",
    writers: "Ultralytics YOLOv8, v9, 11, 12"
  ) { $0.yolov8Columns() }
}

extension Recognizer {
  /// `[N, 4+nc, A]`, or `[N, A, 4+nc]`, with as many cells as heads without anchors have.
  fileprivate func yolov8Columns() -> Ending? {
    for order in [ColumnRange.Order.columns, .rows] {
      for output in floatOutputs where output.shape.rank == 3 {
        let (width, cellCount) =
          order == .columns
          ? (output.shape[1], output.shape[2]) : (output.shape[2], output.shape[1])
        guard width > 4, cellCount > 0 else { continue }
        let layout =
          structure.learnedMaps(behind: [output.name], cellCount: cellCount)
          .flatMap { $0.anchors == 1 && $0.scales.count > 1 ? $0.layout : nil }
          ?? (order == .columns ? familiarLayout(cellCount: cellCount, anchors: [1]) : nil)
        let isNamed =
          order == .columns
          && namedClasses.map { $0 + 4 == width && cellCount > width } ?? false
        guard layout != nil || isNamed else { continue }
        return yolov8(output, order, width, layout ?? CellLayout(rows: cellCount))
      }
    }
    return nil
  }

  private func yolov8(
    _ output: Output, _ order: ColumnRange.Order, _ width: Int, _ layout: CellLayout
  ) -> Ending {
    let others = outputs(without: [output.name])
    let classes = classes(ofWidth: width, before: 4, otherOutputs: others)
    var ending = Ending(.yolov8Decoded)
    ending.table = CellTable(
      boxes: ColumnRange(output.name, order: order),
      scores: ColumnRange(output.name, first: 4, order: order), kind: .products,
      coding: .centerAndSize)
    ending.classCount = classes.count
    ending.geometry = DecodeGeometry(layout: layout)
    ending.oneSidedOutputs = others
    ending.differences = classes.differences
    ending.notes = classes.notes
    return ending
  }
}
