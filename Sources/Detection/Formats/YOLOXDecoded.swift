import ONNXGraph
import Tensors

extension OutputFormat {
  /// YOLOX's export with its decode: no anchors, a row for each place of each map.
  static let yoloxDecoded = OutputFormat(
    form: .yoloxDecoded, columns: "`[N, A, 5+nc]`: cx, cy, w, h (px), objectness, classes",
    writers: "YOLOX with `--decode_in_inference`"
  ) { $0.yoloxRows() }
}

extension Recognizer {
  /// `[N, A, 5+nc]` with a row for each place of the learned maps, among whose channels one is the
  /// objectness.
  fileprivate func yoloxRows() -> Ending? {
    for output in floatOutputs where output.shape.rank == 3 && output.shape[2] > 5 {
      guard
        let maps = structure.learnedMaps(
          behind: [output.name], cellCount: output.shape[1]), maps.anchors == 1,
        maps.scales.count > 1,
        hasObjectness(maps, width: output.shape[2])
      else { continue }
      let others = outputs(without: [output.name])
      let classes = classes(ofWidth: output.shape[2], before: 5, otherOutputs: others)
      var ending = Ending(.yoloxDecoded)
      ending.table = .yolov5Rows(output.name)
      ending.fixesMeaning = true
      ending.classCount = classes.count
      ending.geometry = DecodeGeometry(layout: maps.layout)
      ending.oneSidedOutputs = others
      ending.differences = classes.differences
      ending.notes = classes.notes
      return ending
    }
    return nil
  }

  /// Whether rows of this width have an objectness before the classes.
  private func hasObjectness(_ maps: LearnedMaps, width: Int) -> Bool {
    if let classes = namedClasses ?? expectedClasses, [4, 5].contains(width - classes) {
      return width - classes == 5
    }
    return maps.scales.allSatisfy { scale in
      scale.contains { $0.shape[1] == 1 } || scale.contains { $0.shape[1] >= width }
    }
  }
}
