/// What recipes are tried on.
protocol Observations {
  /// A few cells with what was observed of them, to try changes of single terms on.
  func sample(_ recipe: DecodeRecipe) -> SampledFit

  /// How much a recipe gives as it was observed.
  func matches(_ recipe: DecodeRecipe) -> RecipeMatches
}

/// Terms of cells or rows that a recipe gives within tolerance, and those that it does not.
struct RecipeMatches {
  let ofScales: [Int]
  let misses: Int
}

/// Cells that are known by their places.
struct CellObservations: Observations {
  private let sample: SampledFit

  /// - Parameter different: for each entry the terms it differs in from the reference.
  init(_ fit: RecipeFit, reference: [ScaleRecipe], different: [TermSet]) {
    sample = SampledFit(fit, reference: reference, different: different)
  }

  func sample(_ recipe: DecodeRecipe) -> SampledFit { sample }

  func matches(_ recipe: DecodeRecipe) -> RecipeMatches {
    var sample = sample
    let terms = sample.fit.observed.terms
    let misses = recipe.scales.indices.map { scale in
      terms.reduce(0) { $0 + sample.misses($1, scale, recipe.scales[scale]) }
    }
    return RecipeMatches(
      ofScales: misses.indices.map { sample.entries[$0].count * terms.count - misses[$0] },
      misses: misses.reduce(0, +))
  }
}

/// Rows of unknown order. Each recipe has them lie elsewhere, so they are traced anew for each.
struct RowObservations: Observations {
  private let evidence: DiagnosisEvidence
  private let rows: [Candidate]
  /// Those that tell recipes apart which read the maps differently.
  private let fewRows: [Candidate]

  private static let fewCount = 256

  init(_ rows: [Candidate], _ evidence: DiagnosisEvidence) {
    self.evidence = evidence
    self.rows = rows
    let step = max(1, rows.count / Self.fewCount)
    fewRows = stride(from: 0, to: rows.count, by: step).map { rows[$0] }
  }

  func sample(_ recipe: DecodeRecipe) -> SampledFit {
    let tracing = RowTracing(rows, recipe, evidence)
    let fit = evidence.fit(tracing.observed)
    return SampledFit(
      fit, reference: recipe.scales, different: fit.misses(recipe.scales),
      untraced: Double(tracing.untraced) / Double(max(1, rows.count)))
  }

  func matches(_ recipe: DecodeRecipe) -> RecipeMatches {
    let fit = evidence.fit(RowTracing(fewRows, recipe, evidence, of: rows.count).observed)
    let (misses, terms) = (fit.misses(recipe.scales), fit.observed.terms)
    let found = fit.observed.entriesOfScales.map { entries in
      entries.reduce(0) { count, entry in
        count + terms.count { !misses[entry].contains($0) }
      }
    }
    return RecipeMatches(
      ofScales: found, misses: terms.count * fewRows.count - found.reduce(0, +))
  }
}
