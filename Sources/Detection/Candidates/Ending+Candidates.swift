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
  package func candidates(
    in tensors: [String: Tensor], image: Int, cells: Cells?, rule: CandidateRule,
    tolerance: DetectionTolerance
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
      of: cells.pluginRows(threshold: tail.parameters.scoreThreshold), cells.layout)
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
        cell: nil,
        boxInNetworkPixels: Box(
          x1: boxes[4 * row], y1: boxes[4 * row + 1], x2: boxes[4 * row + 2],
          y2: boxes[4 * row + 3]),
        score: scores[row], classIndex: Int(exactly: classes[row].rounded()) ?? -1)
    }
  }
}

/// Finds the cells that rows come from, whatever their order.
private struct OriginSearch {
  /// The rows as they should be, in the order the plugin makes them here.
  private let expected: [Candidate]
  private let tolerance: DetectionTolerance
  private let byScore: [Int]
  private let byLeft: [Int]

  /// Rows looked at for one match: more are alike only where nothing can tell them apart.
  private static let searchLimit = 256

  init(_ expected: [Candidate], tolerance: DetectionTolerance) {
    self.expected = expected
    self.tolerance = tolerance
    byScore = expected.indices.filter { !expected[$0].score.isNaN }
      .sorted { expected[$0].score < expected[$1].score }
    byLeft = expected.indices.filter { !expected[$0].boxInNetworkPixels.x1.isNaN }
      .sorted { expected[$0].boxInNetworkPixels.x1 < expected[$1].boxInNetworkPixels.x1 }
  }

  /// For each row its cell; `nil` for a row that no cell explains.
  func origins(of rows: [Candidate]) -> [Int?] {
    var matches = Matches(rowCount: rows.count, expectedCount: expected.count)
    let isComplete = rows.count == expected.count
    for row in rows.indices where isComplete {
      if isScoreAlike(rows[row], expected[row]), isBoxAlike(rows[row], expected[row]) {
        matches.add(row, row)
      }
    }
    for row in rows.indices where matches.isOpen(row) {
      matches.add(
        row,
        firstOf: beside(rows[row]).filter {
          isBoxAlike(rows[row], expected[$0]) && isScoreAlike(rows[row], expected[$0])
        })
    }
    for row in rows.indices where matches.isOpen(row) {
      matches.add(row, firstOf: beside(rows[row]).filter { isBoxAlike(rows[row], expected[$0]) })
    }
    for row in rows.indices where isComplete && matches.isOpen(row) {
      if isScoreAlike(rows[row], expected[row]) { matches.add(row, firstOf: [row]) }
    }
    for row in rows.indices where matches.isOpen(row) {
      matches.add(
        row,
        firstOf: near(rows[row]).filter { rows[row].classIndex == expected[$0].classIndex })
    }
    return matches.expectedOfRow.map { $0.flatMap { expected[$0].cell } }
  }

  private struct Matches {
    private(set) var expectedOfRow: [Int?]
    private var isTaken: [Bool]

    init(rowCount: Int, expectedCount: Int) {
      expectedOfRow = Array(repeating: nil, count: rowCount)
      isTaken = Array(repeating: false, count: expectedCount)
    }

    func isOpen(_ row: Int) -> Bool { expectedOfRow[row] == nil }

    mutating func add(_ row: Int, _ expected: Int) {
      expectedOfRow[row] = expected
      isTaken[expected] = true
    }

    mutating func add(_ row: Int, firstOf choices: [Int]) {
      if let choice = choices.first(where: { !isTaken[$0] }) { add(row, choice) }
    }
  }

  /// The expected rows with about the score of a row.
  private func near(_ row: Candidate) -> ArraySlice<Int> {
    window(byScore, around: row.score, tolerance.score) { expected[$0].score }
  }

  /// The expected rows that begin about where a row's box begins.
  private func beside(_ row: Candidate) -> ArraySlice<Int> {
    window(byLeft, around: row.boxInNetworkPixels.x1, tolerance.boxPx) {
      expected[$0].boxInNetworkPixels.x1
    }
  }

  private func window(
    _ sorted: [Int], around value: Float, _ room: Float, key: (Int) -> Float
  ) -> ArraySlice<Int> {
    guard value.isFinite else { return [] }
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if key(sorted[middle]) < value - room { low = middle + 1 } else { high = middle }
    }
    return sorted[low...].prefix(Self.searchLimit).prefix { key($0) <= value + room }
  }

  private func isScoreAlike(_ a: Candidate, _ b: Candidate) -> Bool {
    abs(a.score - b.score) <= tolerance.score || (a.score.isNaN && b.score.isNaN)
  }

  private func isBoxAlike(_ a: Candidate, _ b: Candidate) -> Bool {
    a.boxInNetworkPixels.largestDifference(from: b.boxInNetworkPixels) <= tolerance.boxPx
  }
}
