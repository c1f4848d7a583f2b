/// What is left different when a recipe is taken for the other side's.
struct Residual {
  /// Cells and rows out of tolerance.
  var misses = 0
  /// The largest errors of the others.
  private(set) var boxErrorPx = 0.0
  private(set) var scoreError = 0.0

  mutating func add(_ fit: RecipeFit, _ recipe: [ScaleRecipe]) {
    for (scale, range) in fit.observed.entriesOfScales.enumerated() {
      for entry in range { add(fit, entry, scale, recipe[scale]) }
    }
  }

  private mutating func add(_ fit: RecipeFit, _ entry: Int, _ scale: Int, _ recipe: ScaleRecipe) {
    var box = 0.0
    var score = 0.0
    for term in fit.observed.terms {
      let distance = fit.distance(term, entry, scale, recipe)
      guard distance.isWithin else {
        misses += 1
        return
      }
      if term == .center || term == .size {
        box = max(box, distance.found)
      } else if term != .label {
        score = max(score, distance.found)
      }
    }
    boxErrorPx = max(boxErrorPx, box)
    scoreError = max(scoreError, score)
  }
}
