import Detection
import Tensors

/// What the stress takes of an image whose cells were compared; the image itself may go.
struct StressBasis {
  let pair: PreparedPair
  let geometries: Pair<DecodeGeometry>
  /// Of the original graph's input.
  let inputShape: Shape
  /// The graphs' ends, or why they cannot be cut off.
  let tails: Result<TailPair, Refusal>
}

extension GraphComparison {
  /// Feeds the ends of both graphs made-up head maps, as many as the options ask for.
  ///
  /// - Returns: what came of it and why the graphs are different; `nil` where no cells were compared
  ///   before, or no such maps can be fed.
  mutating func stress() -> (report: StressReport, reasons: [String])? {
    guard options.stressCases > 0, let basis = firstWithCells else { return nil }
    let pair = basis.pair
    var coverage = Coverage()
    var seconds: Figure = 0
    defer { (stressCoverage, stressSeconds) = (coverage, seconds) }
    pair.plan.freeMemory()
    do {
      return try Stopwatch().add(to: &seconds) {
        let tails = try basis.tails.get()
        let run = try StressRun(
          tails, pair.endings, basis.geometries, options: options, team: team)
        let tolerance = tolerance(
          rounding(pair, unshared: tails.unsharedOperators), basis.geometries.original,
          basis.inputShape)
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
          evidence += stressEvidence(first, pair, basis.geometries.original, tails)
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
