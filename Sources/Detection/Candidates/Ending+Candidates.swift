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
    guard case .yoloLayer(let tail) = tail else {
      guard let cells else {
        throw DetectionError("a graph that ends in \(form.rawValue) has no candidates")
      }
      return cells.candidates(rule)
    }
    var rows = try PluginRows(tail, tensors, image: image)
    if rule.measure == .product { rows.rows.removeAll { $0.score < rule.threshold } }
    guard let cells else {
      return CandidateSet(
        candidates: rows.rows, cells: nil, isPlugin: true, differences: rows.differences)
    }
    let expected = tail.rowOrder(
      of: cells.pluginRows(threshold: tail.parameters.scoreThreshold - slack), cells.layout)
    let origins = OriginSearch(expected, tolerance: tolerance).origins(of: rows.rows)
    return CandidateSet(
      candidates: zip(rows.rows, origins).map { row, cell in
        var row = row
        row.cell = cell
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

/// The rows a graph gives out for the plugin, of one image.
private struct PluginRows {
  var rows: [Candidate]
  private(set) var differences: [String] = []

  init(
    _ tail: YoloLayerTail, _ tensors: [String: Tensor], image: Int
  ) throws(DetectionError) {
    let capacity = tail.maps.reduce(0) { $0 + $1.cellCount }
    func values(_ place: Int, perImage count: Int) throws(DetectionError) -> [Float] {
      let name = tail.outputs[place]
      guard let tensor = tensors[name] else {
        throw DetectionError("the run gave no tensor '\(name)'")
      }
      let batch = tensor.shape.first ?? 1
      guard tensor.shape.elementCount == batch * count, image < batch else {
        throw DetectionError(
          "'\(name)' has shape \(tensor.shape), expected \(count) numbers for each image")
      }
      return try tensor.asFloat32().withElements(of: Float.self) {
        Array($0[image * count..<(image + 1) * count])
      }
    }
    let given = try values(0, perImage: 1)[0]
    let boxes = try values(1, perImage: capacity * 4)
    let scores = try values(2, perImage: capacity)
    let classes = try values(3, perImage: capacity)
    let count = Int(exactly: given.rounded()) ?? -1
    if !(0...capacity).contains(count) {
      differences.append("'\(tail.outputs[0])' is \(given), expected 0 to \(capacity)")
    }
    rows = (0..<min(max(count, 0), capacity)).map { row in
      Candidate(
        row: row,
        boxInNetworkPixels: Box(
          x1: boxes[4 * row], y1: boxes[4 * row + 1], x2: boxes[4 * row + 2],
          y2: boxes[4 * row + 3]),
        score: scores[row], classIndex: Int(exactly: classes[row].rounded()) ?? -1)
    }
  }
}
