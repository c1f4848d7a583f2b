import Detection
import Kernels
import Tensors

/// What the end of a checked graph makes of the recorded made-up maps.
struct GoldenStress {
  /// `nil` where it was fed none.
  private(set) var report: StressReport?
  private(set) var coverage: CoverageReport?
  /// Why the graph is different.
  private(set) var reasons: [String] = []
  private(set) var notes: [String] = []
  private(set) var seconds: Figure = 0
  /// What a diagnosis looks at.
  private(set) var evidence: [DiagnosisEvidence] = []

  /// For a graph of which no image could be compared, or a record that holds no made-up maps.
  init(notFed golden: Golden) {
    guard golden.stress == nil else { return }
    notes = [
      "the record holds nothing of made-up maps"
        + (golden.schema < Golden.schema
          ? ": it is of schema \(golden.schema); golden update adds them" : "")
    ]
  }

  /// - Parameters:
  ///   - tensor: what the graph was fed.
  ///   - image: what is recorded of that.
  ///   - images: what the images' candidates show.
  init(
    _ golden: Golden, _ reading: GraphReading, fed tensor: Tensor, image: RecordedImage,
    images: Coverage, options: ComparisonOptions, on team: ThreadTeam
  ) {
    guard let recorded = golden.stress else { preconditionFailure("no made-up maps recorded") }
    do {
      let answers = try Stopwatch().add(to: &seconds) {
        try Self.answers(recorded, golden, reading, fed: tensor, image: image, options, team)
      }
      judge(answers, recorded)
      coverage = CoverageReport(images: images, stress: answers.coverage)
      evidence =
        answers.firstDifferent.map {
          DiagnosisEvidence.ofStress($0, golden, reading.graph.ending, image)
        } ?? []
    } catch {
      notes.append("the graph's end was not fed made-up maps: \(error)")
    }
  }

  private static func answers(
    _ recorded: RecordedStress, _ golden: Golden, _ reading: GraphReading, fed tensor: Tensor,
    image: RecordedImage, _ options: ComparisonOptions, _ team: ThreadTeam
  ) throws -> TailAnswers {
    guard let geometry = reading.graph.geometry else { throw Refusal("it has no cells") }
    guard reading.graph.ending.classCount == golden.classCount else {
      throw Refusal("it has another number of classes than the \(golden.classCount) recorded")
    }
    let tail = try reading.graph.tail(
      fed: tensor, cut: try cut(recorded, golden, reading, image, geometry))
    try recorded.fed.check(tail, geometry)
    let isAlike = reading.graph.precision == golden.model.precision
    let own = tail.rounding(isAlike ? golden.model.precision : .float32).tolerance(
      of: golden.geometry(of: image), input: Shape(image.input.shape))
    let tolerance = DetectionTolerance(
      boxPx: isAlike ? max(recorded.tolerance.boxPx, own.boxPx) : own.boxPx,
      score: isAlike ? max(recorded.tolerance.score, own.score) : own.score
    ).overridden(by: options)
    return try TailAnswers(
      of: reading, tail, recorded.fed, thresholds: golden.thresholds.ofStress,
      confidence: golden.thresholds.confidence, tolerance: tolerance,
      scoring: golden.decode.scoring,
      reference: recorded.isDecoded
        ? .init(
          geometry: golden.geometry(of: image), ownRule: golden.side(of: image).ownRule) : nil,
      on: team)
  }

  /// Where the graph's end is to be cut: where the recorded decode makes the graph's cells of what
  /// stands there on the image; `nil` for the head maps, where there is nothing else.
  private static func cut(
    _ recorded: RecordedStress, _ golden: Golden, _ reading: GraphReading, _ image: RecordedImage,
    _ geometry: DecodeGeometry
  ) throws(Refusal) -> [String]? {
    let chains = reading.graph.headChains
    guard recorded.isDecoded, !chains.isEmpty, geometry.layout == image.layout else { return nil }
    let place = image.batchIndex ?? 0
    do {
      let own = try reading.side(of: place).cells
      for step in 0..<(chains.map(\.count).max() ?? 0) {
        let names = chains.map { $0[min(step, $0.count - 1)] }
        let logits = try names.compactMap { try reading.tensors[$0]?.asFloat32() }
        guard logits.count == names.count else { continue }
        let decoded = try TailAnswers.Reference(geometry: golden.geometry(of: image), ownRule: nil)
          .side(logits, recorded.fed, golden.classCount, place).cells
        if decoded.incomparability(with: own) == nil,
          decoded.compare(with: own, tolerance: image.tolerance).agrees
        {
          return names
        }
      }
    } catch {
      throw Refusal("\(error)")
    }
    throw Refusal("its head maps are not those that the recorded decode reads")
  }

  private mutating func judge(_ answers: TailAnswers, _ recorded: RecordedStress) {
    var report = answers.judge?.report ?? StressReport(heads: .matched, seed: recorded.fed.seed)
    if answers.judge == nil {
      report.cases = recorded.fed.passes * recorded.fed.layout.cellCount
      report.tolerances = answers.tolerance
    }
    reasons = answers.judge?.reasons ?? []
    let means = recorded.means.compare(with: answers.means, tolerance: answers.tolerance)
    report.means = StatisticsReport(means)
    if means.different > 0, let worst = means.worst {
      reasons.append(
        "\(means.different) of \(means.compared) weighted means of the made-up cases differ; the "
          + "furthest: \(worst.name) of \(worst) is \(worst.patched), recorded \(worst.original)")
    }
    if answers.digest == recorded.digest {
      notes.append("every bit of all \(report.cases) made-up cases is as recorded")
    }
    self.report = report
  }
}

extension Report {
  /// Adds what the end of the graph makes of made-up maps.
  mutating func add(_ stress: GoldenStress) {
    self.stress = stress.report
    coverage = stress.coverage
    notes += stress.notes
    timings.stressSeconds = stress.seconds
  }
}

extension DiagnosisEvidence {
  /// What a diagnosis looks at of made-up maps that a record's decode and a graph's end tell apart.
  fileprivate static func ofStress(
    _ found: DetectionEvidence, _ golden: Golden, _ ending: Ending, _ image: RecordedImage
  ) -> [DiagnosisEvidence] {
    let maps = (found.heads?.original ?? []).enumerated().compactMap { scale, map in
      HeadMap(
        name: "p\(scale + 3)", shape: map.shape, axes: .merged,
        anchors: image.layout.scales[scale].anchors)
    }
    guard
      var evidence = DiagnosisEvidence(
        fed: found, as: maps, classCount: golden.classCount, geometry: golden.geometry(of: image),
        thresholds: Pair(
          original: golden.pluginThreshold,
          patched: ending.pluginThreshold), confidence: golden.thresholds.confidence,
        noise: Rounding(sharesNetwork: true).tensorTolerance)
    else { return [] }
    evidence.referenceName = GoldenJudge.names.original
    evidence.facts = ending.diagnosisFacts
    evidence.facts.sharesNetwork = true
    return [evidence]
  }
}
