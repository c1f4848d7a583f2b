import BoxMath

/// Rows of unknown order traced to the cells they could come from by a recipe.
struct RowTracing {
  /// The rows whose cells were found.
  let observed: ObservedCells
  /// Rows that no cell explains, even in part.
  let untraced: Int
  /// For each cell that has a row, its entry.
  let entryOfCell: [Int: Int]
  /// What the threshold is applied to in each cell.
  let objectness: [Double]

  /// - Parameter count: how many rows there are, when not all are given.
  init(
    _ rows: [Candidate], _ recipe: DecodeRecipe, _ evidence: DiagnosisEvidence,
    of count: Int? = nil
  ) {
    let (heads, tolerance) = (evidence.heads, evidence.tolerance)
    let places = CellPlaces(heads.layout)
    let decoders = heads.decoders(recipe.scales)
    objectness = (0..<heads.layout.cellCount).map { cell in
      let (scale, place) = places[cell]
      return decoders[scale].objectness(place)
    }
    let pool = Self.pool(objectness, recipe.selection.threshold, rowCount: count ?? rows.count)
    let expected = pool.map { cell -> Candidate in
      let (scale, place) = places[cell]
      let row = decoders[scale].scoredClass(place, pluginRule: evidence.rowsFollowPlugin)
      return Candidate(
        cell: cell, boxInNetworkPixels: decoders[scale].box(place), score: Float(row.score),
        classIndex: row.label)
    }
    var origins = OriginSearch.places(of: rows, among: expected, tolerance: tolerance)
      .map { $0.flatMap { expected[$0].cell } }
    Self.traceByScore(rows, expected, tolerance: tolerance.score, &origins)
    let traced = zip(origins, rows).compactMap { cell, row in cell.map { (cell: $0, row: row) } }
    observed = ObservedCells(rows: traced, layout: heads.layout, classCount: heads.classCount)
    untraced = rows.count - traced.count
    entryOfCell = Dictionary(
      observed.cells.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { a, _ in a })
  }

  /// The cells that rows could come from: those selected, and as many more of the next objectness.
  private static func pool(_ objectness: [Double], _ threshold: Double, rowCount: Int) -> [Int] {
    let sorted = objectness.filter { !$0.isNaN }.sorted(by: >)
    let count = min(2 * rowCount + 64, sorted.count)
    guard sorted.prefix(while: { $0 >= threshold }).count < count else {
      return objectness.indices.filter { objectness[$0] >= threshold }
    }
    let lowest = sorted[count - 1]
    // Of cells with the lowest there may be any number, as where a sigmoid is saturated.
    var room = count - sorted.prefix { $0 > lowest }.count
    return objectness.indices.filter { cell in
      guard objectness[cell] == lowest else { return objectness[cell] > lowest }
      room -= 1
      return room >= 0
    }
  }

  /// Gives rows that are still without a cell the one of the next score, if it is near enough.
  private static func traceByScore(
    _ rows: [Candidate], _ expected: [Candidate], tolerance: Float, _ origins: inout [Int?]
  ) {
    let taken = Set(origins.compactMap { $0 })
    var free = expected.filter { !taken.contains($0.cell!) && $0.score > 0 }
      .sorted { $0.score < $1.score }[...]
    let open = rows.indices.filter { origins[$0] == nil && rows[$0].score.isFinite }
    for row in open.sorted(by: { rows[$0].score < rows[$1].score }) {
      free = free.drop { $0.score < rows[row].score - tolerance }
      guard let next = free.first, next.score <= rows[row].score + tolerance else { continue }
      origins[row] = next.cell
      free.removeFirst()
    }
  }
}

extension HeadValues {
  func decoders(_ recipe: [ScaleRecipe], nudge: Double = 0) -> [ScaleDecoder] {
    zip(recipe, scales).map {
      ScaleDecoder(recipe: $0, scale: $1, classCount: classCount, nudge: nudge)
    }
  }
}

/// Where cells stand, by their numbers.
struct CellPlaces {
  private let layout: CellLayout

  init(_ layout: CellLayout) { self.layout = layout }

  subscript(_ cell: Int) -> (scale: Int, place: ScaleDecoder.Place) {
    let found = layout[cell]
    return (
      found.scale,
      ScaleDecoder.Place(anchor: found.anchor, row: found.row, column: found.column)
    )
  }
}
