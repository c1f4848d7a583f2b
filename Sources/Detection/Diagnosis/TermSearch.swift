/// Looks for the mistakes in single terms that, together, turn a recipe into what was observed.
struct TermSearch {
  /// A term of a scale.
  private struct Unit: Hashable {
    let scale: Int
    let term: Term
  }

  /// A variant where it helps.
  private struct Option {
    let variant: Variant
    let result: [ScaleRecipe]
    /// What it is applied to.
    let units: Set<Unit>
    /// Those of them that it explains.
    let explained: Set<Unit>
  }

  /// Mistakes and the recipe they make.
  struct Found {
    var steps: [Step] = []
    var scales: [ScaleRecipe]
    /// Terms of scales that are left different, and those that rows without a cell stand for.
    var unexplained: Int

    struct Step {
      let variant: Variant
      let text: String
    }
  }

  private var sample: SampledFit
  private let base: [ScaleRecipe]
  private let names: ScaleNames
  private let before: [Unit: Int]
  private let open: Set<Unit>

  /// The share of a unit's misses that may be left where it counts as explained.
  private static let remainder = 0.05

  init(_ sample: SampledFit, base: [ScaleRecipe], names: ScaleNames) {
    var sample = sample
    var before: [Unit: Int] = [:]
    for scale in base.indices {
      for term in sample.fit.observed.terms {
        before[Unit(scale: scale, term: term)] = sample.misses(term, scale, base[scale])
      }
    }
    self.sample = sample
    self.base = base
    self.names = names
    self.before = before
    open = Set(before.filter { $0.value > 0 }.keys)
  }

  /// The best explanation first; others follow if they explain as much with as little.
  mutating func search(facts: DiagnosisFacts) -> [Found] {
    let context = HypothesisContext(sample: sample, base: base, names: names, facts: facts)
    let variants = HypothesisTable.ofTerms.flatMap { $0.variants(context) }
    let options = variants.compactMap { option($0) }
    let (best, leading) = cover(options)
    let rivals = options.indices.filter { index in
      guard let leading, best.steps.count == 1 else { return false }
      let (a, b) = (options[leading], options[index])
      return index != leading && b.explained == a.explained && b.variant.ids != a.variant.ids
        && b.variant.generality <= Self.rivalGenerality
    }
    return [best] + rivals.map { cover(options, startingWith: $0).found }
  }

  /// The most general variants that are worth telling beside a better one.
  private static let rivalGenerality = 1

  private mutating func option(_ variant: Variant) -> Option? {
    let result = variant.applied(to: base)
    var after: [Unit: Int] = [:]
    for unit in before.keys where variant.terms.contains(unit.term) {
      guard result[unit.scale] != base[unit.scale] else { continue }
      after[unit] = sample.misses(unit.term, unit.scale, result[unit.scale])
    }
    let units: Set<Unit>
    switch variant.reach {
    case .terms: units = Set(after.keys.filter { after[$0]! < before[$0]! })
    case .scales:
      let helped = base.indices.filter { scale in
        let ofScale = after.keys.filter { $0.scale == scale }
        return ofScale.reduce(0) { $0 + after[$1]! - before[$1]! } < 0
      }
      units = Set(after.keys.filter { helped.contains($0.scale) })
    case .whole: units = Set(after.keys)
    }
    guard units.allSatisfy({ after[$0]! <= before[$0]! }) else { return nil }
    let explained = units.filter {
      before[$0]! > 0 && Double(after[$0]!) <= Self.remainder * Double(before[$0]!)
    }
    return explained.isEmpty
      ? nil : Option(variant: variant, result: result, units: units, explained: explained)
  }

  /// Takes the option that explains most of what is open, again and again.
  private func cover(
    _ options: [Option], startingWith first: Int? = nil
  ) -> (found: Found, leading: Int?) {
    var open = open
    var found = Found(scales: base, unexplained: 0)
    var taken: Set<Unit> = []
    var leading: Int?
    while !open.isEmpty {
      let next = (leading == nil ? first : nil) ?? best(options, open)
      guard let next else { break }
      leading = leading ?? next
      let option = options[next]
      let units = option.units.subtracting(taken)
      for unit in units {
        found.scales[unit.scale].take(unit.term, from: option.result[unit.scale])
      }
      let scales = Set(units.intersection(open).map(\.scale)).sorted()
      found.steps.append(
        Found.Step(variant: option.variant, text: option.variant.text(found.scales, scales)))
      open.subtract(option.explained)
      taken.formUnion(option.explained)
    }
    found.unexplained =
      open.count + Int((sample.untraced * Double(before.count)).rounded(.up))
    return (found, leading)
  }

  private func best(_ options: [Option], _ open: Set<Unit>) -> Int? {
    let gains = options.map { $0.explained.intersection(open).count }
    return options.indices.filter { gains[$0] > 0 }.min {
      (-gains[$0], options[$0].variant.generality, $0)
        < (-gains[$1], options[$1].variant.generality, $1)
    }
  }
}
