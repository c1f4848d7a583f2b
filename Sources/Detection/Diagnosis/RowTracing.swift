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
  private let objectness: [Double]

  init(
    _ rows: [Candidate], _ recipe: DecodeRecipe, _ heads: HeadValues,
    tolerance: DetectionTolerance, pluginRule: Bool
  ) {
    let places = CellPlaces(heads.layout)
    let decoders = heads.decoders(recipe.scales)
    objectness = (0..<heads.layout.cellCount).map { cell in
      let (scale, place) = places[cell]
      return decoders[scale].objectness(place)
    }
    let pool = Self.pool(objectness, recipe.selection.threshold, rowCount: rows.count)
    let expected = pool.map { cell -> Candidate in
      let (scale, place) = places[cell]
      let row = decoders[scale].scoredClass(place, pluginRule: pluginRule)
      return Candidate(
        cell: cell, boxInNetworkPixels: decoders[scale].box(place), score: Float(row.score),
        classIndex: row.label)
    }
    var origins = OriginSearch(expected, tolerance: tolerance).places(of: rows)
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
    let count = 2 * rowCount + 64
    let byObjectness = objectness.indices.filter { !objectness[$0].isNaN }
      .sorted { (objectness[$1], $0) < (objectness[$0], $1) }
    let selected = byObjectness.prefix { objectness[$0] >= threshold }.count
    return byObjectness.prefix(max(count, selected)).sorted()
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

  /// What the selection of a recipe compares with its threshold, in each cell.
  func measures(
    _ selection: DecodeRecipe.Selection, _ recipe: DecodeRecipe, _ heads: HeadValues
  ) -> [Double] {
    guard selection.measure == .product else { return objectness }
    let places = CellPlaces(heads.layout)
    let decoders = heads.decoders(recipe.scales)
    return objectness.indices.map { cell in
      // A product is never above the objectness.
      guard objectness[cell] >= selection.threshold || entryOfCell[cell] != nil else { return 0 }
      let (scale, place) = places[cell]
      return objectness[cell] * decoders[scale].bestClass(place, pluginRule: false).probability
    }
  }
}

extension RowTracing {
  /// Cells that have no row although they are selected, or one although they are not; those that
  /// rounding may decide left out.
  func selectionMisses(_ recipe: DecodeRecipe, _ heads: HeadValues, slack: Double) -> Int {
    let threshold = recipe.selection.threshold
    return measures(recipe.selection, recipe, heads).enumerated().count { cell, measure in
      let isSelected = measure >= threshold
      return isSelected != (entryOfCell[cell] != nil) && abs(measure - threshold) > slack
    }
  }
}

extension HeadValues {
  func decoders(_ recipe: [ScaleRecipe]) -> [ScaleDecoder] {
    zip(recipe, scales).map { ScaleDecoder(recipe: $0, scale: $1, classCount: classCount) }
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
