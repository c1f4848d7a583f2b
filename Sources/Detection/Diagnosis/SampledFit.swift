/// A few cells of each scale, those that differ from the reference and others, to try recipes on.
struct SampledFit: Sendable {
  let fit: RecipeFit
  let reference: [ScaleRecipe]
  /// Entries of each scale, ascending.
  let entries: [[Int]]
  /// The share of rows that no entry is of.
  let untraced: Double
  private var known: [Key: Int] = [:]

  private struct Key: Hashable {
    let term: Term
    let scale: Int
    let recipe: ScaleRecipe
  }

  /// Entries taken at most of those that differ in a term, and of all, of one scale.
  private static let limits = (ofDifferent: 48, ofAll: 64)

  /// - Parameter different: for each entry the terms it differs in from the reference.
  init(
    _ fit: RecipeFit, reference: [ScaleRecipe], different: [TermSet], untraced: Double = 0
  ) {
    self.fit = fit
    self.reference = reference
    self.untraced = untraced
    entries = fit.observed.entriesOfScales.map { range in
      var chosen = Set(Self.evenly(Self.limits.ofAll, of: Array(range)))
      for term in fit.observed.terms {
        let members = range.filter { different[$0].contains(term) }
        chosen.formUnion(Self.evenly(Self.limits.ofDifferent, of: members))
      }
      return chosen.sorted()
    }
  }

  private static func evenly(_ count: Int, of entries: [Int]) -> [Int] {
    guard entries.count > count else { return entries }
    return (0..<count).map { entries[$0 * entries.count / count] }
  }

  /// How many of a scale's entries are out of tolerance in a term.
  mutating func misses(_ term: Term, _ scale: Int, _ recipe: ScaleRecipe) -> Int {
    let relevant = recipe.relevant(to: term, reference: reference[scale])
    let key = Key(term: term, scale: scale, recipe: relevant)
    if let known = known[key] { return known }
    let count = entries[scale].count { !fit.distance(term, $0, scale, relevant).isWithin }
    known[key] = count
    return count
  }
}

/// Terms of one entry.
struct TermSet: OptionSet, Sendable {
  let rawValue: UInt8

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(_ term: Term) { rawValue = 1 << UInt8(Term.allCases.firstIndex(of: term)!) }

  func contains(_ term: Term) -> Bool { contains(TermSet(term)) }
}

extension RecipeFit {
  /// For each entry, the terms in which it is out of tolerance.
  func misses(_ recipe: [ScaleRecipe]) -> [TermSet] {
    var found = [TermSet](repeating: [], count: observed.cells.count)
    for (scale, range) in observed.entriesOfScales.enumerated() {
      for term in observed.terms {
        let relevant = recipe[scale]
        for entry in range where !distance(term, entry, scale, relevant).isWithin {
          found[entry].insert(TermSet(term))
        }
      }
    }
    return found
  }
}
