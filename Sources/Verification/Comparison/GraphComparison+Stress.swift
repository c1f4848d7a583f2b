import Detection
import Tensors

extension GraphComparison {
  /// Feeds the ends of both graphs made-up head maps, as many as the options ask for.
  ///
  /// - Returns: what came of it and why the graphs are different; `nil` where no cells were compared
  ///   before, or no such maps can be fed.
  mutating func stress() -> (report: StressReport, reasons: [String])? {
    guard options.stressCases > 0, let (pair, image) = firstWithCells,
      case .cells(let geometries) = pair.basis
    else { return nil }
    var coverage = Coverage()
    var seconds: Figure = 0
    defer { (stressCoverage, stressSeconds) = (coverage, seconds) }
    pair.plan.freeMemory()
    do {
      return try Stopwatch().add(to: &seconds) {
        let tails =
          try pair.tails?.get()
          ?? TailPair(
            models, pair.endings, pair.lookups,
            images: inputs.with(image).map { (name: $0.name, tensor: $1) },
            sharing: options.sharesNodes)
        let run = try StressRun(tails, pair.endings, geometries, options: options, team: team)
        let tolerance = tolerance(
          rounding(pair, unshared: tails.unsharedOperators), geometries.original, image.original)
        var judge = StressJudge(
          StressReport(
            heads: tails.areProven(in: joint) ? .proven : .matched, seed: options.stressSeed),
          tolerance: tolerance)
        var first: DetectionEvidence?
        try run.forEachPass(cases: options.stressCases, tolerance: tolerance) { evidence, pass in
          judge.add(evidence, pass: pass, on: team)
          coverage.add(evidence)
          if first == nil, judge.report.different > 0 { first = evidence }
        }
        if let first, evidence.isEmpty {
          evidence += stressEvidence(first, pair, geometries.original, tails)
        }
        return (judge.report, judge.reasons)
      }
    } catch {
      notes.append("the graphs' ends were not fed made-up maps: \(error)")
      return nil
    }
  }

  /// What a diagnosis looks at where only made-up maps show a difference.
  private func stressEvidence(
    _ found: DetectionEvidence, _ pair: PreparedPair, _ geometry: DecodeGeometry,
    _ tails: TailPair
  ) -> [DiagnosisEvidence] {
    guard let classCount = pair.endings.original.classCount,
      var evidence = DiagnosisEvidence(
        fed: found, as: tails.heads.original, classCount: classCount, geometry: geometry,
        thresholds: pair.endings.map(\.pluginThreshold), confidence: options.confidence,
        noise: rounding(pair).tensorTolerance)
    else { return [] }
    evidence.facts = facts(pair)
    evidence.facts.sharesNetwork = true
    return [evidence]
  }
}
