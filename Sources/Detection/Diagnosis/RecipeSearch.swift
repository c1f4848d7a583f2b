/// Explains what was observed by mistakes in how maps are read and, beneath each, mistakes in single
/// terms.
struct RecipeSearch {
  let names: ScaleNames
  let facts: DiagnosisFacts
  /// What a recipe is tried on: rows are traced anew for each.
  let sample: (DecodeRecipe) -> SampledFit

  /// Mistakes in how maps are read that may act together.
  private static let depth = 2
  /// Recipes that are pursued at each depth.
  private static let basesPerDepth = 4
  /// The share of misses that may be left for a mistake to be pursued.
  private static let improvement = 0.9

  func explain(_ start: Draft) -> [Draft] {
    var bases = [start]
    var drafts: [Draft] = []
    for depth in 0...Self.depth where !bases.isEmpty {
      var deeper: [(draft: Draft, misses: Int)] = []
      for base in bases {
        let sample = sample(base.recipe)
        var search = TermSearch(sample, base: base.recipe.scales, names: names)
        drafts += search.search(facts: facts).map { base.adding($0) }
        if depth < Self.depth, search.misses > 0 { deeper += self.deeper(base, sample) }
      }
      let order = deeper.indices.sorted { (deeper[$0].misses, $0) < (deeper[$1].misses, $1) }
      bases = order.prefix(Self.basesPerDepth).map { deeper[$0].draft }
    }
    return Draft.best(drafts)
  }

  /// Recipes with one more mistake in how maps are read, where that helps.
  private func deeper(_ base: Draft, _ sample: SampledFit) -> [(draft: Draft, misses: Int)] {
    let scales = base.recipe.scales
    let context = HypothesisContext(sample: sample, base: scales, names: names, facts: facts)
    var sample = sample
    func misses(_ recipe: [ScaleRecipe]) -> [Int] {
      recipe.indices.map { scale in
        sample.fit.observed.terms.reduce(0) { $0 + sample.misses($1, scale, recipe[scale]) }
      }
    }
    let before = misses(scales)
    let all = before.reduce(0, +)
    return HypothesisTable.ofMaps.flatMap { $0.mapVariants(context) }.compactMap { variant in
      let changed = variant.applied(to: scales)
      let after = misses(changed)
      let helped = changed.indices.filter { variant.reach == .whole || after[$0] < before[$0] }
      let left = changed.indices.reduce(0) { $0 + (helped.contains($1) ? after[$1] : before[$1]) }
      guard left < all, Double(left) <= Self.improvement * Double(all) else { return nil }
      var draft = base
      for scale in helped { draft.recipe.scales[scale] = changed[scale] }
      draft.add(
        variant.ids, variant.text(draft.recipe.scales, helped), generality: variant.generality)
      return (draft, left)
    }
  }
}
