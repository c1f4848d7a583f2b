/// An explanation on the way to a ``Diagnosis``.
struct Draft {
  private(set) var ids: [String] = []
  private(set) var texts: [String] = []
  private(set) var generality = 0
  /// Mistakes in it.
  private(set) var count = 0
  /// The other side's decode, by its cells.
  var recipe: DecodeRecipe
  /// The same by its rows, where mistakes lie between cells and rows.
  var recipeOfRows: DecodeRecipe?
  /// Terms of scales that are left different.
  var unexplained = 0

  init(recipe: DecodeRecipe) { self.recipe = recipe }

  mutating func add(_ ids: [String], _ text: String, generality: Int) {
    self.ids += ids.filter { !self.ids.contains($0) }
    texts.append(text)
    self.generality += generality
    count += 1
  }

  func adding(_ found: TermSearch.Found) -> Draft {
    var draft = self
    draft.recipe.scales = found.scales
    draft.unexplained = found.unexplained
    for step in found.steps {
      draft.add(step.variant.ids, step.text, generality: step.variant.generality)
    }
    return draft
  }

  /// Drafts that leave least, with the fewest mistakes, the most specific first.
  static func best(_ drafts: [Draft]) -> [Draft] {
    let order = drafts.indices.sorted { a, b in
      drafts[a].order == drafts[b].order ? a < b : drafts[a].order < drafts[b].order
    }
    return order.prefix(limit).map { drafts[$0] }
  }

  private static let limit = 4

  private var order: (Int, Int, Int) { (unexplained, count, generality) }
}
