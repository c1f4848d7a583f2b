import BoxMath
import Tensors

extension NMSPluginTail {
  /// What a graph gives out for its NMS plugin, of one image.
  package struct GivenDetections: Sendable {
    /// Highest score first, each with the cell it comes from where there is one.
    package let detections: [DetectedObject]
    /// How they differ from what the plugin makes of its inputs.
    package let differences: [String]
    /// Whether the rows are those of the highest scores, and others are not given out.
    package let areOnlyBest: Bool
    /// Rows that the plugin makes of its inputs, and what is given out for each.
    package let pairs: [RowPair]

    package init(
      detections: [DetectedObject], differences: [String] = [], areOnlyBest: Bool = false,
      pairs: [RowPair] = []
    ) {
      self.detections = detections
      self.differences = differences
      self.areOnlyBest = areOnlyBest
      self.pairs = pairs
    }
  }

  /// A row that the plugin makes, and what is given out for it.
  package struct RowPair: Sendable {
    package let expected: Candidate
    package let given: Candidate
  }

  /// The rows a graph gives out, held against those the plugin makes of the same cells.
  ///
  /// The order of the rows is of no account, as it is left open on the GPU.
  ///
  /// - Parameters:
  ///   - tensors: what the run gave for the ending's observed tensors.
  ///   - cells: the plugin's inputs.
  package func givenDetections(
    in tensors: [String: Tensor], image: Int, cells: Cells, tolerance: DetectionTolerance
  ) throws(DetectionError) -> GivenDetections {
    let suppression = plugin.suppression
    var given = PluginRows()
    if let joined {
      given.rows = try joined.rows(in: tensors, image: image)
    } else {
      given = try PluginRows(
        outputs, capacity: suppression.suppression.maximumCount, tensors, image: image)
      given.scale(by: inputs.unit)
    }
    let expected = cells.rows(suppression)
    let rows = given.rows.filter { !isFiller($0) }
    let places = OriginSearch.places(of: rows, among: expected, tolerance: tolerance)
    var differences = given.differences
    differences += differing(rows, places, expected, tolerance)
    let detections = zip(rows, places).map { row, place in
      DetectedObject(
        boxInNetworkPixels: row.boxInNetworkPixels, score: row.score, classIndex: row.classIndex,
        cell: place.flatMap { expected[$0].cell }.map { cells.layout[$0] })
    }
    let order = detections.indices.sorted {
      (detections[$1].score, $0) < (detections[$0].score, $1)
    }
    let left = expected.indices.filter { !places.contains($0) }
    let best = places.compactMap { $0.map { expected[$0].score } }.min()
    return GivenDetections(
      detections: order.map { detections[$0] }, differences: differences,
      areOnlyBest: !left.isEmpty && !places.contains(nil)
        && left.allSatisfy { expected[$0].score <= best ?? 0 },
      pairs: pairs(rows, places, expected, left: left))
  }

  /// Rows with what they are made from: known again, or else of the same rank among those that are left.
  private func pairs(
    _ rows: [Candidate], _ places: [Int?], _ expected: [Candidate], left: [Int]
  ) -> [RowPair] {
    let known = zip(rows, places).compactMap { row, place in
      place.map { RowPair(expected: expected[$0], given: row) }
    }
    let open = zip(rows, places).filter { $0.1 == nil }.map(\.0)
    guard open.count == left.count else { return known }
    let ranked = left.map { expected[$0] }.sorted { $0.score > $1.score }
    return known
      + zip(ranked, open.sorted { $0.score > $1.score }).map {
        RowPair(expected: $0, given: $1)
      }
  }

  /// Whether a row only fills room: below a threshold of 0.007 the GPU gives out boxes of lower
  /// score in rows that would stay empty (`EfficientNMSDenseIndex`).
  private func isFiller(_ row: Candidate) -> Bool {
    guard case .efficient(let parameters) = plugin, parameters.scoreThreshold < 0.007 else {
      return false
    }
    return row.score == -32768 || parameters.appliesSigmoid && row.score == 0
  }

  private func differing(
    _ rows: [Candidate], _ places: [Int?], _ expected: [Candidate], _ tolerance: DetectionTolerance
  ) -> [String] {
    var (unknown, others, apart) = (0, 0, 0)
    for (row, place) in zip(rows, places) {
      guard let known = place.map({ expected[$0] }) else {
        unknown += 1
        continue
      }
      let boxError = row.boxInNetworkPixels.largestDifference(from: known.boxInNetworkPixels)
      if row.classIndex != known.classIndex { others += 1 }
      if !(boxError <= tolerance.allowed(for: known.boxInNetworkPixels)
        && abs(row.score - known.score) <= tolerance.score)
      {
        apart += 1
      }
    }
    let found: [(Int, String)] = [
      (expected.count - (rows.count - unknown), "are not given out"),
      (others, "are given out with another class"),
      (apart, "are given out with another box or score"),
    ]
    let lines = found.filter { $0.0 > 0 }.map {
      "\($0.0) of the \(expected.count) rows the plugin makes of its inputs \($0.1)"
    }
    return lines
      + (unknown > 0 ? ["\(unknown) rows that are given out are none of the plugin's"] : [])
  }
}
