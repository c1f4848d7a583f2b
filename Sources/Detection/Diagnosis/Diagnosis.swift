/// A mistake that would explain what is different.
package struct Diagnosis: Sendable {
  /// What it is called; several where several mistakes act together.
  package var ids: [String]
  /// The share of the differing cells and rows that it brings within tolerance.
  package var explains: Double
  /// The largest errors left in those.
  package var boxErrorPx = 0.0
  package var scoreError = 0.0
  package var text: String
  /// The decode with the mistake in it, by the cells; `nil` where it lies elsewhere.
  package var recipe: DecodeRecipe?
  /// The same by the rows, where mistakes lie between cells and rows.
  package var recipeOfRows: DecodeRecipe?
  /// How many mistakes there are in it and how general they are: what is simpler comes first.
  private var weight = (count: 1, generality: 0)

  package init(ids: [String], explains: Double, text: String) {
    self.ids = ids
    self.explains = explains
    self.text = text
  }
}

extension Diagnosis {
  /// - Parameter before: what was different without it.
  init(_ draft: Draft, _ residual: Residual, before: Residual) {
    self.init(
      ids: draft.ids, explains: residual.share(explainedOf: before),
      text: draft.texts.joined(separator: "; and "))
    boxErrorPx = residual.boxErrorPx
    scoreError = residual.scoreError
    recipe = draft.recipe
    recipeOfRows = draft.recipeOfRows
    weight = (draft.count, draft.generality)
  }

  /// Those that explain most, the simplest first; others only where they explain as much with as
  /// few mistakes.
  static func ranked(_ found: [Diagnosis]) -> [Diagnosis] {
    let most = found.map(\.explains).max() ?? 0
    let good = found.filter { $0.explains >= most - sameShare }
    let order = good.indices.sorted { a, b in
      let (left, right) = (good[a].weight, good[b].weight)
      return (left.count, left.generality, a) < (right.count, right.generality, b)
    }
    guard let fewest = order.first.map({ good[$0].weight.count }) else { return [] }
    var seen: Set<[String]> = []
    return order.map { good[$0] }.filter {
      $0.weight.count <= fewest && seen.insert($0.ids).inserted
    }
  }

  /// What two shares may be apart and count as the same.
  private static let sameShare = 0.01
}
