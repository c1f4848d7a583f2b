import BoxMath
import Tensors

extension Ending {
  /// The candidates of one image of a run.
  ///
  /// The plugin's are what the graph gives out as its rows; all others are found among the cells.
  ///
  /// - Parameters:
  ///   - tensors: what the run gave for ``observedTensors``.
  ///   - cells: the image's cells, which tell where the plugin's rows come from.
  ///   - rule: for all but the plugin, which has applied its own threshold to the objectness.
  ///   - tolerance: within which a row of the plugin is known again among its cells.
  ///   - slack: how far below the plugin's threshold a cell may be that a row comes from.
  package func candidates(
    in tensors: [String: Tensor], image: Int, cells: Cells?, rule: CandidateRule,
    tolerance: DetectionTolerance, slack: Float = 0
  ) throws(DetectionError) -> CandidateSet {
    guard let tail = yoloLayer else {
      guard let cells else {
        throw DetectionError("a graph that ends in \(form.rawValue) has no candidates")
      }
      return cells.candidates(rule)
    }
    var rows = try PluginRows(
      tail.outputs, capacity: tail.maps.reduce(0) { $0 + $1.cellCount }, tensors, image: image)
    if rule.measure == .product { rows.rows.removeAll { rule.rejects($0.score) } }
    guard let cells else {
      return CandidateSet(
        candidates: rows.rows, cells: nil, isPlugin: true, differences: rows.differences)
    }
    let expected = tail.rowOrder(
      of: cells.pluginRows(threshold: tail.parameters.scoreThreshold - slack), cells.layout)
    let places = OriginSearch.places(of: rows.rows, among: expected, tolerance: tolerance)
    return CandidateSet(
      candidates: zip(rows.rows, places).map { row, place in
        var row = row
        row.cell = place.flatMap { expected[$0].cell }
        return row
      }, cells: cells, isPlugin: true, differences: rows.differences)
  }
}

extension YoloLayerTail {
  /// Rows in the order of the cells, put into the order of the plugin's inputs.
  fileprivate func rowOrder(of rows: [Candidate], _ layout: CellLayout) -> [Candidate] {
    let order = maps.finestFirstOrder
    guard order != Array(order.indices) else { return rows }
    let placeOfScale = order
    return rows.enumerated().sorted {
      (placeOfScale[layout[$0.element.cell!].scale], $0.offset)
        < (placeOfScale[layout[$1.element.cell!].scale], $1.offset)
    }.map { $0.element }
  }
}
