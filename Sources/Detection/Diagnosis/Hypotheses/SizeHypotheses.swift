/// Width and height are made by another formula than `(2*s)^2 * anchor`.
enum SizeFormula: Hypothesis {
  static let ids = ["wh-exp", "wh-not-squared", "wh-raw"]

  private struct Formula {
    let id: String
    let rule: ScaleRecipe.SizeRule
    /// `nil` for that of the other terms.
    var activation: ScaleRecipe.Activation?
    let text: String
  }

  private static let formulas: [Formula] = [
    Formula(
      id: "wh-exp", rule: .init(factor: 1, function: .exponential), activation: .missing,
      text: "exp(logit) * anchor (as in YOLOv3)"),
    Formula(id: "wh-exp", rule: .init(factor: 1, function: .exponential), text: "exp(s) * anchor"),
    Formula(
      id: "wh-exp", rule: .init(factor: 2, function: .exponential), text: "exp(2*s) * anchor"),
    Formula(
      id: "wh-not-squared", rule: .init(factor: 2, function: .identity), text: "2*s * anchor"),
    Formula(id: "wh-not-squared", rule: .init(factor: 1, function: .identity), text: "s * anchor"),
    Formula(
      id: "wh-raw", rule: .init(factor: 1, function: .identity, usesAnchor: false), text: "s alone"),
    Formula(
      id: "wh-raw", rule: .init(factor: 1, function: .identity, usesAnchor: false),
      activation: .missing, text: "the logit alone"),
    Formula(
      id: "wh-raw", rule: .init(factor: 2, function: .identity, usesAnchor: false),
      text: "2*s alone"),
    Formula(
      id: "wh-raw", rule: .init(factor: 2, function: .square, usesAnchor: false),
      text: "(2*s)^2 without the anchor"),
  ]

  static func variants(_ context: HypothesisContext) -> [Variant] {
    let names = context.names
    return formulas.map { formula in
      Variant([formula.id], [.size]) { recipe, _ in
        recipe.size = formula.rule
        if let activation = formula.activation { recipe.activations.size = activation }
      } text: { _, scales in
        "width and height\(names.on(scales)) are \(formula.text), expected (2*s)^2 * anchor"
      }
    }
  }
}
