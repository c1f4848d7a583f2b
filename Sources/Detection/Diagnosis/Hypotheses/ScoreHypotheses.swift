/// Scores are not objectness times class.
enum ScoreFormula: Hypothesis {
  static let ids = ["score-without-objectness", "score-without-class"]

  static func variants(_ context: HypothesisContext) -> [Variant] {
    guard !context.sample.fit.observed.terms.contains(.objectness) else { return [] }
    func variant(_ id: String, _ scoring: ScaleRecipe.Scoring, _ what: String) -> Variant {
      Variant([id], [.classes, .score], reach: .whole) { recipe, _ in
        recipe.scoring = scoring
      } text: { _, _ in
        "scores are \(what) alone, expected objectness times class"
      }
    }
    return [
      variant("score-without-objectness", .classOnly, "the class probability"),
      variant("score-without-class", .objectnessOnly, "the objectness"),
    ]
  }
}
