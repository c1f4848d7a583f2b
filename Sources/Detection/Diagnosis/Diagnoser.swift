import BoxMath

/// Finds the mistakes that would explain what is different between two sides.
///
/// The reference's decode is held as a ``DecodeRecipe``. Each hypothesis changes it; what the changed
/// recipe makes of the reference's head maps is held against what the other side gave. Mistakes in
/// how maps are read are tried one by one, and beneath each the mistakes in single terms, which
/// combine freely. Where none explains the data, the reference's network is run again on a changed
/// input.
package struct Diagnoser {
  private let evidence: DiagnosisEvidence
  private let reference: DecodeRecipe
  private let names: ScaleNames
  /// How many rows there are, when not all are looked at.
  private var rowCount: Int?
  /// All cells of the other side, and in which terms each differs from the reference.
  private let dense: (observed: ObservedCells, differences: [TermSet])?

  /// Names of what is wrong with the rows as a whole.
  static let idsOfRows = ["no-rows", "row-count"]

  /// Rows looked at, those of the highest scores.
  private static let rowLimit = 2000

  /// - Returns: `nil` when the reference's decode is not understood.
  package init?(_ evidence: DiagnosisEvidence) {
    guard
      let reference = DecodeRecipe(
        evidence.geometry, heads: evidence.heads, selection: evidence.selection),
      let scales = evidence.geometry.scales
    else { return nil }
    var evidence = evidence
    let rows = evidence.rows ?? []
    if rows.count > Self.rowLimit {
      rowCount = rows.count
      evidence.rows = Array(rows.highestScores.prefix(Self.rowLimit))
    }
    self.evidence = evidence
    self.reference = reference
    names = ScaleNames(scales)
    let products = [evidence.cells, evidence.referenceCells].contains { $0?.scoring == .products }
    if let own = evidence.referenceCells {
      let fit = evidence.fit(ObservedCells(own, products: products, onlyFinite: true))
      guard fit.share(within: reference.scales, of: fit.observed.terms) > 0.9 else { return nil }
    }
    dense = evidence.cells.flatMap { cells in
      guard cells.layout == evidence.heads.layout, cells.classCount == evidence.heads.classCount
      else { return nil }
      let observed = ObservedCells(
        cells, products: products, onlyFinite: evidence.skipsNonFinite)
      return (observed, evidence.fit(observed).misses(reference.scales))
    }
  }

  /// The explanations, the one that explains most with least first; empty when there is none.
  package func diagnose() -> [Diagnosis] {
    if let reason = evidence.facts.impossibleRows {
      return [Diagnosis(ids: ["row-count"], explains: 1, text: reason)]
    }
    let before = residual(Draft(recipe: reference))
    guard !before.isEmpty else { return [] }
    let hasNoRows = (dense?.observed.cells.isEmpty ?? true) && evidence.rows?.isEmpty ?? true
    var found = diagnoses(Draft(recipe: reference), before: before)
    if hasNoRows, found.isEmpty {
      return [Diagnosis(ids: ["no-rows"], explains: 1, text: "no row was written")]
    }
    if !evidence.facts.sharesNetwork, !hasNoRows {
      for change in evidence.facts.changes ?? NetworkChange.all
      where !found.contains(where: { $0.explains >= Self.enoughExplained }) {
        let all = diagnoses(after: change, before: before)
        let ofParts = all.contains { $0.explains >= Self.enoughExplained } ? change.parts : []
        let part = ofParts.lazy.map { diagnoses(after: $0, before: before) }
          .first { $0.contains { $0.explains >= Self.enoughExplained } }
        found += part ?? all
      }
    }
    return found.isEmpty ? noise() : Diagnosis.ranked(found)
  }

  /// That nothing but rounding is different, where it looks like that.
  private func noise() -> [Diagnosis] {
    let start = Draft(recipe: reference)
    var observed = dense?.observed
    if dense?.differences.allSatisfy(\.isEmpty) ?? true { observed = trace(start)?.observed }
    guard let observed else { return [] }
    let fit = evidence.fit(observed)
    if let rounded = RoundedNumbers(fit, reference.scales) {
      return [
        Diagnosis(
          ids: [rounded.type.rawValue], explains: rounded.share,
          text: "\(rounded.parts.listed) are the \(rounded.type.rawValue) numbers nearest to the "
            + "expected ones: rounding, not a bug")
      ]
    }
    guard let noise = RoundingNoise(fit, reference.scales, types: evidence.facts.narrowTypes)
    else { return [] }
    return [
      Diagnosis(
        ids: [noise.type.rawValue], explains: noise.share,
        text: "noise as \(noise.type.rawValue) arithmetic makes it, about "
          + "\(noise.size.twoDigits) on logits: rounding, not a bug")
    ]
  }

  /// The share from which no other explanation is looked for, and from which one is offered.
  private static let enoughExplained = 0.9
  private static let leastExplained = 0.7
  /// Mistakes that are believed to have been made at once.
  private static let mostMistakes = 3

  /// What explains the differences where the reference's network is changed.
  private func diagnoses(after change: NetworkChange, before: Residual) -> [Diagnosis] {
    guard let heads = evidence.changed(change), let other = changed(heads) else { return [] }
    var draft = Draft(recipe: reference)
    draft.add([change.id], change.text, generality: 0)
    return other.diagnoses(draft, before: before)
  }

  /// The same for other head maps; `nil` when they bring nothing nearer.
  private func changed(_ heads: HeadValues) -> Diagnoser? {
    var evidence = evidence
    evidence.heads = heads
    evidence.referenceCells = nil
    var known = dense?.observed
    if known?.cells.isEmpty ?? true { known = trace(Draft(recipe: reference), heads)?.observed }
    guard let observed = known, !observed.cells.isEmpty else { return nil }
    let fit = evidence.fit(observed)
    guard observed.terms.contains(where: { fit.share(within: reference.scales, of: [$0]) > 0.8 })
    else { return nil }
    var other = Diagnoser(evidence)
    other?.rowCount = rowCount
    return other
  }

  private func diagnoses(_ start: Draft, before: Residual) -> [Diagnosis] {
    drafts(start).filter { (1...Self.mostMistakes).contains($0.count) }.map { draft in
      Diagnosis(draft, residual(draft), before: before)
    }.filter { $0.explains >= Self.leastExplained }
  }

  private func drafts(_ start: Draft) -> [Draft] {
    var drafts = [start]
    if let dense, dense.differences.contains(where: { !$0.isEmpty }) {
      let fit = evidence.fit(dense.observed)
      drafts = RecipeSearch(
        names: names, facts: evidence.facts,
        observations: CellObservations(
          fit, reference: start.recipe.scales, different: dense.differences)
      ).explain(start)
    }
    guard let rows = evidence.rows else { return drafts }
    return drafts.flatMap { draft in areRowsExplained(draft) ? [draft] : explain(rows, draft) }
  }

  // MARK: Rows

  /// The rows traced to cells by a draft's recipe.
  private func trace(_ draft: Draft, _ heads: HeadValues? = nil) -> RowTracing? {
    var evidence = evidence
    if let heads { evidence.heads = heads }
    return evidence.rows.map { RowTracing($0, draft.recipe(ofRows: true), evidence) }
  }

  private func explain(_ rows: [Candidate], _ start: Draft) -> [Draft] {
    var ofRows = start
    ofRows.recipe = start.recipe(ofRows: true)
    let search = RecipeSearch(
      names: names, facts: evidence.facts, observations: RowObservations(rows, evidence))
    let drafts = search.explain(ofRows).flatMap { explainSelection($0) }
    return Draft.best(drafts).map { found in
      var draft = found
      draft.recipe = start.recipe
      draft.recipeOfRows = found.recipe
      return draft
    }
  }

  /// Adds what explains which cells have rows, where the recipe does not.
  private func explainSelection(_ draft: Draft) -> [Draft] {
    let tracing = trace(draft)!
    // Where rows come from is to be known first.
    guard tracing.selectionMisses(draft.recipe, evidence, of: rowCount) > 0,
      tracing.untraced <= tracing.observed.cells.count
    else { return [draft] }
    let found = SelectionHypotheses.explanations(
      of: draft.recipe.selection, configured: evidence.facts.threshold,
      hasRows: !tracing.entryOfCell.isEmpty
    ) {
      let measures = tracing.measures($0, draft.recipe, evidence)
      return (measures, tracing.cellsWithRows(measures, of: rowCount))
    }
    var open = draft
    open.unexplained += 1
    return [open]
      + found.map { found in
        var explained = draft
        explained.recipe.selection = found.selection
        explained.add(found.ids, found.text, generality: found.ids.count)
        return explained
      }
  }

  private func areRowsExplained(_ draft: Draft) -> Bool {
    var residual = Residual()
    addRows(draft, to: &residual)
    return residual.isEmpty
  }

  private func addRows(_ draft: Draft, to residual: inout Residual) {
    guard let tracing = trace(draft) else { return }
    let recipe = draft.recipe(ofRows: true)
    residual.addRows(
      evidence.fit(tracing.observed), recipe.scales,
      others: tracing.untraced + tracing.selectionMisses(recipe, evidence, of: rowCount))
  }

  /// What a draft leaves different of all cells and rows.
  private func residual(_ draft: Draft) -> Residual {
    var residual = Residual()
    if let dense { residual.addCells(evidence.fit(dense.observed), draft.recipe.scales) }
    addRows(draft, to: &residual)
    return residual
  }
}

extension Draft {
  /// The recipe for cells, or for rows.
  fileprivate func recipe(ofRows: Bool) -> DecodeRecipe {
    guard ofRows else { return recipe }
    return recipeOfRows ?? recipe
  }
}

extension [Candidate] {
  /// The highest score first, NaN last.
  fileprivate var highestScores: [Candidate] {
    filter { !$0.score.isNaN }.sorted { $0.score > $1.score } + filter(\.score.isNaN)
  }
}

extension DiagnosisEvidence {
  func fit(_ observed: ObservedCells) -> RecipeFit {
    RecipeFit(
      heads: heads, observed: observed, tolerance: tolerance, noise: noise,
      pluginRule: rowsFollowPlugin)
  }
}

extension RecipeFit {
  /// The share of a few cells of each scale that a recipe gives as they were observed, of those
  /// with finite boxes.
  fileprivate func share(within recipe: [ScaleRecipe], of terms: [Term]) -> Double {
    var counts = (within: 0, all: 0)
    for (scale, range) in observed.entriesOfScales.enumerated() {
      for entry in stride(
        from: range.lowerBound, to: range.upperBound, by: max(1, range.count / 32))
      where observed.boxes[entry].isFinite {
        counts.all += 1
        if terms.allSatisfy({ distance($0, entry, scale, recipe[scale]).isWithin }) {
          counts.within += 1
        }
      }
    }
    return counts.all == 0 ? 1 : Double(counts.within) / Double(counts.all)
  }
}
