import Detection
import Tensors

/// What the stress takes of an image whose cells were compared; the image itself may go.
struct StressBasis {
  let pair: PreparedPair
  let geometries: Pair<DecodeGeometry>
  /// Of the original graph's input.
  let inputShape: Shape
  /// What the graphs were fed.
  let images: Pair<Tensor>
  /// The graphs' ends, or why they cannot be cut off.
  let tails: Result<TailPair, Refusal>
}

extension Cells {
  /// The largest finite coordinate and score, without their signs.
  fileprivate var magnitudes: (box: Float, score: Float) {
    var (largestBox, largestScore) = (Float(0), Float(0))
    for number in 0..<layout.cellCount {
      let box = box(of: number)
      for value in [box.x1, box.y1, box.x2, box.y2] where value.isFinite {
        largestBox = max(largestBox, abs(value))
      }
      for value in classScores(of: number) where value.isFinite {
        largestScore = max(largestScore, abs(value))
      }
    }
    return (largestBox, largestScore)
  }
}

extension GraphComparison {
  /// Feeds the ends of both graphs made-up head maps, as many as the options ask for.
  ///
  /// - Returns: what came of it and why the graphs are different; `nil` where no cells were compared
  ///   before, or no such maps can be fed.
  mutating func stress() -> (report: StressReport?, reasons: [String])? {
    guard options.stressCases > 0 else { return nil }
    let rows = firstWithCells.map { rowStress($0) } ?? []
    guard let ends = firstWithCells.flatMap({ stressEnds($0) }) ?? stressBehindSharing() else {
      return rows.isEmpty ? nil : (nil, rows)
    }
    return (ends.report, ends.reasons + rows)
  }

  /// Feeds what is behind the last tensors that both graphs compute, whatever they end in.
  private mutating func stressBehindSharing() -> (report: StressReport, reasons: [String])? {
    guard let pair = firstPair, let fed = firstFed, inputs.takesTheSame else { return nil }
    if case .nothing = pair.basis { return nil }
    if case .cells = pair.basis, firstWithCells == nil { return nil }
    var seconds: Figure = 0
    defer { stressSeconds.value += seconds.value }
    do {
      return try Stopwatch().add(to: &seconds) { try judgedBehindSharing(pair, fed) }
    } catch {
      notCompared.append(
        NotComparedReport(
          what: "synthetic values behind what both graphs compute", why: "\(error)"))
      return nil
    }
  }

  private func judgedBehindSharing(
    _ pair: PreparedPair, _ fed: Pair<Tensor>
  ) throws -> (report: StressReport, reasons: [String])? {
    let isOfCells = firstWithCells != nil
    let names =
      isOfCells
      ? pair.endings.map(\.tensorsOfEnd)
      : models.map { $0.model.graph.outputs.map(\.name) }
    var feeds: [String: Tensor] = [:]
    for (input, (names, tensor)) in inputs.with(joint.names.with(fed)).both {
      if let name = names[input.name] { feeds[name] = tensor }
    }
    guard
      let stress = try FrontierStress(
        joint, comparing: names, feeds: feeds, options.convolution, on: team)
    else { return nil }
    let rounding = rounding(pair, unshared: stress.unsharedOperators)
    var report = StressReport(heads: .shared, seed: options.stressSeed)
    guard isOfCells, case .cells(let geometries) = pair.basis else {
      let reasons = try tensorReasons(stress, pair, rounding.tensorTolerance, &report)
      return (report, reasons)
    }
    var tolerance = tolerance(rounding, geometries.original, fed.original.shape)
    if options.boxTolerance == nil { tolerance.boxRelative = Float(rounding.tensorTolerance) }
    var judge = StressJudge(report, tolerance: tolerance)
    for (pass, variation) in stress.variations.enumerated() {
      let results = try stress.run(variation, seed: options.stressSeed, on: team)
      let sides = try Pair(pair.endings, geometries, results, image: 0)
      let (box, score) = sides.original.cells.magnitudes
      // Scaled numbers round as their magnitude has it.
      var scaled = tolerance
      if options.boxTolerance == nil {
        scaled.boxPx *= max(1, box / Float(fed.original.shape.dropFirst().max() ?? 1))
      }
      if options.scoreTolerance == nil { scaled.score *= max(1, score) }
      judge.add(
        try DetectionEvidence(
          sides, confidence: options.confidence, tolerance: scaled, nonFinite: .mayBeShared,
          team: team), pass: pass, on: team)
    }
    return (judge.report, judge.reasons)
  }

  /// Why outputs differ that are compared as tensors.
  private func tensorReasons(
    _ stress: FrontierStress, _ pair: PreparedPair, _ tolerance: Double,
    _ report: inout StressReport
  ) throws -> [String] {
    let tolerance = options.tensorTolerance.map(Double.init) ?? tolerance
    var reasons: [String] = []
    for variation in stress.variations {
      let results = try stress.run(variation, seed: options.stressSeed, on: team)
      for (original, patched, _) in OutputPairing(outputs(results, pair)).pairs {
        let found = TensorComparison(
          original: original.tensor, patched: patched.tensor, tolerance: tolerance,
          axis: original.tensor.shape.columnAxis, sharesNonFinite: true)
        report.cases += original.tensor.shape.elementCount
        report.different += found.different
        if found.different > 0, reasons.isEmpty {
          reasons.append(
            "\(found.different) elements of '\(shown: original.name)' differ behind what both graphs "
              + "compute, fed \(variation) values, by up to \(Figure(found.maxAbsoluteError).text)")
        }
      }
    }
    return reasons
  }

  /// What nodes behind the graphs' plugins change in synthetic rows.
  private mutating func rowStress(_ basis: StressBasis) -> [String] {
    let names = Judgement().names
    var changes: [String?] = []
    for (name, side) in names.with(
      models.with(basis.pair.endings).with(basis.pair.lookups)
        .with(inputs.map(\.name).with(basis.images))
    ).both {
      let (((model, ending), lookup), image) = side
      do {
        let stress = try PluginRowStress(
          model, ending, lookup, image: (name: image.0, tensor: image.1))
        changes.append(
          try stress?.difference(name, classCount: ending.classCount ?? 1, on: team))
      } catch {
        changes.append(nil)
        notCompared.append(
          NotComparedReport(
            what: "the nodes behind the plugin of \(name), on synthetic rows",
            why: error.description))
      }
    }
    let found = changes.compactMap(\.self)
    // What both graphs change may be the same; the images tell.
    return found.count == 2 ? [] : found
  }

  private mutating func stressEnds(
    _ basis: StressBasis
  ) -> (report: StressReport, reasons: [String])? {
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
        if let first, clues.evidence.isEmpty {
          clues.evidence += stressEvidence(first, pair, basis.geometries.original, tails)
        }
        return (judge.report, judge.reasons)
      }
    } catch {
      notCompared.append(
        NotComparedReport(what: "the graphs' ends on made-up head maps", why: "\(error)"))
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
    evidence.facts = facts(evidence.facts, pair)
    evidence.facts.sharesNetwork = true
    return [evidence]
  }
}
