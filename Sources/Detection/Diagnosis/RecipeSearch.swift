/// Explains what was observed by mistakes in how maps are read and, beneath each, mistakes in single
/// terms.
struct RecipeSearch {
  let names: ScaleNames
  let facts: DiagnosisFacts
  let observations: any Observations

  /// Mistakes in how maps are read that may act together.
  private static let depth = 2
  /// Recipes that are pursued at each depth.
  private static let basesPerDepth = 4
  /// The share of misses that may be left for a mistake to be pursued.
  private static let improvement = 0.9
  /// The share of terms that may be left for a recipe to explain everything.
  private static let remainder = 0.01

  func explain(_ start: Draft) -> [Draft] {
    var bases = [start]
    var drafts: [Draft] = []
    for depth in 0...Self.depth where !bases.isEmpty {
      var deeper: [(draft: Draft, misses: Int)] = []
      for base in bases {
        let sample = observations.sample(base.recipe)
        var search = TermSearch(sample, base: base.recipe.scales, names: names)
        drafts += search.search(facts: facts).map { base.adding($0) }
        if depth < Self.depth { deeper += self.deeper(base, sample) }
      }
      let order = deeper.indices.sorted { (deeper[$0].misses, $0) < (deeper[$1].misses, $1) }
      bases = order.prefix(Self.basesPerDepth).map { deeper[$0].draft }
    }
    return Draft.best(drafts)
  }

  /// Recipes with one more mistake in how maps are read, where that helps.
  private func deeper(_ base: Draft, _ sample: SampledFit) -> [(draft: Draft, misses: Int)] {
    let before = observations.matches(base.recipe)
    let all = before.misses + before.ofScales.reduce(0, +)
    guard Double(before.misses) > Self.remainder * Double(all) else { return [] }
    let context = HypothesisContext(
      sample: sample, base: base.recipe.scales, names: names, facts: facts)
    return HypothesisTable.ofMaps.flatMap { $0.mapVariants(context) }.compactMap { variant in
      var draft = base
      let (scales, misses) = apply(variant, to: &draft.recipe, before)
      guard Double(misses) <= Self.improvement * Double(before.misses) else { return nil }
      draft.add(
        variant.ids, variant.text(draft.recipe.scales, scales), generality: variant.generality)
      return (draft, misses)
    }
  }

  /// Changes a recipe where a variant helps: everywhere, or on some of the scales.
  ///
  /// - Returns: those scales and what is left.
  private func apply(
    _ variant: Variant, to recipe: inout DecodeRecipe, _ before: RecipeMatches
  ) -> (scales: [Int], misses: Int) {
    let unchanged = recipe.scales
    recipe.scales = variant.applied(to: unchanged)
    let all = Array(unchanged.indices)
    let after = observations.matches(recipe)
    guard variant.reach != .whole else { return (all, after.misses) }
    let helped = all.filter { after.ofScales[$0] > before.ofScales[$0] }
    guard !helped.isEmpty, helped.count < all.count else { return (all, after.misses) }
    var partly = recipe
    for scale in all where !helped.contains(scale) { partly.scales[scale] = unchanged[scale] }
    let misses = observations.matches(partly).misses
    guard misses < after.misses else { return (all, after.misses) }
    recipe = partly
    return (helped, misses)
  }
}
