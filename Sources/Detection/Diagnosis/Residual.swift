/// What is left different when a recipe is taken for the other side's.
struct Residual {
  /// Cells out of tolerance.
  private(set) var cells = 0
  /// Rows out of tolerance, and cells that have a row against the recipe, or none.
  private(set) var rows = 0
  /// The largest errors of the others.
  private(set) var boxErrorPx = 0.0
  private(set) var scoreError = 0.0

  var isEmpty: Bool { cells == 0 && rows == 0 }

  mutating func addCells(_ fit: RecipeFit, _ recipe: [ScaleRecipe]) {
    cells += misses(fit, recipe)
  }

  /// - Parameter others: rows that come from no cell, and cells that are selected wrongly.
  mutating func addRows(_ fit: RecipeFit, _ recipe: [ScaleRecipe], others: Int) {
    rows += misses(fit, recipe) + others
  }

  /// The share of what was different before that is not any more: of the cells or of the rows, where
  /// it is less.
  func share(explainedOf before: Residual) -> Double {
    func share(_ left: Int, _ before: Int) -> Double {
      before == 0 ? (left == 0 ? 1 : 0) : max(0, 1 - Double(left) / Double(before))
    }
    return min(share(cells, before.cells), share(rows, before.rows))
  }

  private mutating func misses(_ fit: RecipeFit, _ recipe: [ScaleRecipe]) -> Int {
    var count = 0
    for (scale, range) in fit.observed.entriesOfScales.enumerated() {
      for entry in range where !isWithin(fit, entry, scale, recipe[scale]) { count += 1 }
    }
    return count
  }

  /// Whether an entry is within tolerance; if so its errors count.
  private mutating func isWithin(
    _ fit: RecipeFit, _ entry: Int, _ scale: Int, _ recipe: ScaleRecipe
  ) -> Bool {
    var box = 0.0
    var score = 0.0
    for term in fit.observed.terms {
      let distance = fit.distance(term, entry, scale, recipe)
      guard distance.isWithin else { return false }
      if term == .center || term == .size {
        box = max(box, distance.found)
      } else if term != .label {
        score = max(score, distance.found)
      }
    }
    boxErrorPx = max(boxErrorPx, box)
    scoreError = max(scoreError, score)
    return true
  }
}
