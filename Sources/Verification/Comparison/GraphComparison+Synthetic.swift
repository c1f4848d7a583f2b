import Detection
import Interpreter
import Tensors

/// What both graphs made of synthetic pictures, beside the images.
struct SyntheticFindings {
  var images: [ImageReport] = []
  /// Why the graphs are different.
  var differences: [String] = []
  var notes: [String] = []
  var skipped: [NotComparedReport] = []
  var diagnosis: [DiagnosisReport] = []
  /// Batches, and heights and widths, that were fed.
  var batches: Set<Int> = []
  var sizes: Set<[Int]> = []
}

/// One run of both graphs on synthetic pictures.
private struct SyntheticTrial {
  /// How many pictures each graph is fed.
  var batches: Pair<Int>
  var height: Int
  var width: Int
  /// Whether both graphs are fed as many pictures, or the original one of several.
  var canBeCompared: Bool { batches.original == batches.patched || batches.original == 1 }

  /// Whether all pictures are the first.
  var areCopies = false

  var title: String {
    let batch = max(batches.original, batches.patched)
    return "\(batch == 1 ? "1 picture" : "\(batch) pictures") of \(height)x\(width)"
  }
}

extension GraphComparison {
  /// Runs both whole graphs on synthetic pictures: of other sizes and in batches of different
  /// pictures where the graphs leave them open, and at the images' size where the networks are not
  /// proven to be the same.
  mutating func synthetic() -> SyntheticFindings {
    var findings = SyntheticFindings()
    guard let pair = firstPair, let fed = firstFed else { return findings }
    if let reason = constantOutputs(pair) {
      findings.differences.append("synthetic: \(reason)")
      findings.diagnosis.append(DiagnosisReport(["constant-output"], by: reason))
    }
    if case .nothing = pair.basis { return findings }
    let stride = largestStride(pair)
    for trial in trials(fed.map(\.shape), stride: stride) {
      run(trial, &findings)
      if !findings.differences.isEmpty { break }
    }
    return findings
  }

  // MARK: What is run

  private func trials(_ fed: Pair<Shape>, stride: Int) -> [SyntheticTrial] {
    let (height, width) = inputs.original.sizes(of: fed.original)
    let batches = inputs.map { $0.batch ?? 1 }
    let isOpenBatch = inputs.map { $0.batch == nil }
    func batch(_ open: Int) -> Pair<Int> {
      switch (isOpenBatch.original, isOpenBatch.patched) {
      case (true, true): return Pair(both: open)
      case (false, true):
        return batches.original == 1
          ? Pair(original: 1, patched: 2) : Pair(both: batches.original)
      case (true, false): return Pair(both: batches.patched)
      case (false, false): return batches
      }
    }
    if inputs.original.hasOpenSize, inputs.patched.hasOpenSize {
      return [
        SyntheticTrial(batches: batch(3), height: 3 * stride, width: 5 * stride),
        // Wider than the images: what is cut off at their size shows.
        SyntheticTrial(
          batches: batch(1), height: 6 * stride, width: (max(2, width / stride) + 2) * stride),
      ].filter(\.canBeCompared)
    }
    let trial = SyntheticTrial(batches: batch(2), height: height, width: width)
    let isOfSeveral = max(trial.batches.original, trial.batches.patched) > 1
    guard trial.canBeCompared, !sharesNetwork || isOfSeveral else { return [] }
    return [trial]
  }

  /// What height and width are multiples of.
  private func largestStride(_ pair: PreparedPair) -> Int {
    var strides = [32, sizing.stride]
    if case .cells(let geometries) = pair.basis {
      strides += geometries.both.flatMap { ($0.scales ?? []).flatMap { [$0.strideX, $0.strideY] } }
        .filter { (1...256).contains($0) }.map { Int($0.rounded(.up)) }
    }
    return strides.max() ?? 32
  }

  private mutating func run(_ trial: SyntheticTrial, _ findings: inout SyntheticFindings) {
    let before = clues
    let found: [(report: ImageReport, judgement: Judgement)]
    do {
      found = try judged(trial)
    } catch {
      judgeFailure(trial, error, &findings)
      return
    }
    findings.batches.insert(max(trial.batches.original, trial.batches.patched))
    findings.sizes.insert([trial.height, trial.width])
    findings.images += found.map(\.report)
    let reasons = found.flatMap { report, judgement in
      judgement.differences.map { "synthetic: \(report.path): \($0.reason)" }
    }
    guard !reasons.isEmpty else { return }
    if found.allSatisfy({ $0.judgement.concernsNumbersOnly }),
      trial.batches.original == trial.batches.patched, let image = try? picture(trial),
      let pair = try? resolved(image.tensors),
      isRounding(image.tensors, pair, found.enumerated().map { ($0.offset, $0.element.report) })
    {
      findings.notes.append(
        "synthetic: \(trial.title): the graphs are further apart than allowed, but not in float64: rounding"
      )
      clues = before
      return
    }
    findings.differences += reasons
    diagnose(trial, &findings)
  }

  /// Whether a difference that is near enough to be rounding's is gone where both graphs are run in
  /// float64.
  func isRounding(
    _ tensors: Pair<Tensor>, _ pair: PreparedPair, _ reports: [(image: Int, report: ImageReport)]
  ) -> Bool {
    let factor = 64.0
    let isNear = reports.allSatisfy { _, report in
      guard let cells = report.cells, let tolerances = report.tolerances,
        (report.tensors ?? []).isEmpty, report.areObjectsTheSame
      else { return false }
      return cells.maxBoxErrorPx.value <= factor * Double(tolerances.boxPx)
        && cells.maxScoreError.value <= factor * Double(tolerances.score)
    }
    guard isNear, reports.contains(where: { $0.report.cells?.different ?? 0 > 0 }), !sharesNetwork,
      pair.endings.both.allSatisfy({ $0.suppression == nil }),
      pair.storedPrecisions == Pair(both: .float32),
      case .cells(let geometries) = pair.basis, let exact = try? exactResults(tensors, pair)
    else { return false }
    return reports.allSatisfy { index, report in
      guard let tolerances = report.tolerances else { return false }
      let values = try? pair.endings.with(geometries).with(exact).map { side in
        let ((ending, geometry), tensors) = side
        return try ending.cells(
          in: tensors, image: index, geometry: geometry, keepingFloat64: true
        ).values
      }
      guard let values, values.original.corners.count == values.patched.corners.count else {
        return false
      }
      let errors = CellErrors(of: values.patched, from: values.original)
      return errors.maxBoxErrorPx <= Double(tolerances.boxPx)
        && errors.maxScoreError <= Double(tolerances.score)
    }
  }

  /// What is special about a run on which the graphs differ: the batch, where each picture alone
  /// makes no difference.
  private mutating func diagnose(_ trial: SyntheticTrial, _ findings: inout SyntheticFindings) {
    guard max(trial.batches.original, trial.batches.patched) > 1 else { return }
    var alone = trial
    if inputs.both.allSatisfy({ $0.batch ?? 1 == 1 }) {
      alone.batches = Pair(both: 1)
    } else {
      alone.areCopies = true
    }
    guard let found = try? judged(alone), found.allSatisfy({ $0.judgement.differences.isEmpty })
    else { return }
    findings.diagnosis.append(
      DiagnosisReport(
        ["batch"],
        by:
          "the images of a batch are mixed up, or the batch is written into the graph: each image "
          + "alone gives no difference"))
  }

  /// A run that fails: a difference where the patched graph alone fails.
  private mutating func judgeFailure(
    _ trial: SyntheticTrial, _ error: Refusal, _ findings: inout SyntheticFindings
  ) {
    let fails = Pair(
      original: failure(of: \.original, trial), patched: failure(of: \.patched, trial))
    let isOneSided = trial.batches.original != trial.batches.patched
    guard fails.original == nil, let reason = fails.patched, !isOneSided else {
      findings.skipped.append(
        NotComparedReport(
          what: "synthetic \(trial.title)",
          why: fails.both.compactMap { $0 }.first ?? error.description))
      return
    }
    findings.differences.append(
      "synthetic: \(trial.title): the original runs, the patched graph does not: \(reason)")
    var alone = trial
    alone.batches = Pair(both: 1)
    let isBatch = trial.batches.patched > 1 && failure(of: \.patched, alone) == nil
    findings.diagnosis.append(
      isBatch
        ? DiagnosisReport(
          ["batch"],
          by: "the patched graph runs on one image only; leave the batch open where it reshapes")
        : DiagnosisReport(
          ["baked-size"],
          by: "the patched graph has one height and width written into it; let shapes follow the "
            + "input"))
  }

  /// Why one graph cannot be run; `nil` where it can.
  private func failure(
    of side: KeyPath<Pair<LoadedModel>, LoadedModel>, _ trial: SyntheticTrial
  ) -> String? {
    let isOriginal = side == \.original
    let model = models[keyPath: side]
    let input = isOriginal ? inputs.original : inputs.patched
    do {
      let image = try picture(trial)
      let tensor = isOriginal ? image.tensors.original : image.tensors.patched
      _ = try model.naming { () throws(InterpreterError) in
        try Plan(
          ResolvedGraph(
            model.model, inputs: [input.name: .init(tensor.elementType, tensor.shape)])
        ).run([input.name: tensor], on: team)
      }
      return nil
    } catch {
      return error.lines.first ?? error.description
    }
  }

  // MARK: Running

  private func picture(_ trial: SyntheticTrial) throws(Refusal) -> PreparedImage {
    let count = max(trial.batches.original, trial.batches.patched)
    let pictures = SyntheticPictures.all(
      trial.areCopies ? 1 : count, height: trial.height, width: trial.width)
    return try ImageSource.pictures(
      trial.areCopies ? Array(repeating: pictures[0], count: count) : pictures, name: trial.title
    ).prepared(
      for: inputs, sizing.of(height: trial.height, width: trial.width), options.preprocessings,
      batches: trial.batches)
  }

  private func resolved(_ tensors: Pair<Tensor>) throws(Refusal) -> PreparedPair {
    let isOneFeed = tensors.original.shape == tensors.patched.shape
    var options = options
    if !isOneFeed { options.sharesNodes = false }
    let fed = tensors.map { ResolvedGraph.Description($0.elementType, $0.shape) }
    return try PreparedPair(
      models, ResolvedPair(models, inputs, fed: fed, joint: joint, options), on: team)
  }

  private mutating func judged(
    _ trial: SyntheticTrial
  ) throws(Refusal) -> [(report: ImageReport, judgement: Judgement)] {
    let image = try picture(trial)
    let pair = try resolved(image.tensors)
    guard let firstPair, pair.basis.isLike(firstPair.basis) else {
      throw Refusal("the graphs' ends are not known again at this size")
    }
    var results = try Stopwatch().add(to: &inferenceSeconds) { () throws(Refusal) in
      try pair.plan.run(
        inputs.with(image.tensors).map { input, tensor in [input.name: tensor] }, on: team)
    }
    let count = max(trial.batches.original, trial.batches.patched)
    let source = ImageSource.pictures([], name: trial.title)
    guard trial.batches.original == trial.batches.patched else {
      // The original was fed the last picture alone.
      results.original = results.original.mapValues { $0.repeated(count) }
      return [judgeSynthetic(source, image, count - 1, pair, results)]
    }
    return (0..<count).map { judgeSynthetic(source, image, $0, pair, results) }
  }

  private mutating func judgeSynthetic(
    _ source: ImageSource, _ image: PreparedImage, _ index: Int, _ pair: PreparedPair,
    _ results: Pair<[String: Tensor]>
  ) -> (report: ImageReport, judgement: Judgement) {
    var (report, judgement) = judged(source, image, index, pair, results, isSynthetic: true)
    // Cells that can be compared on the images and not here.
    if case .cells = pair.basis, report.cells == nil, imageCoverage.layout != nil {
      for reason in judgement.reasons { judgement.differ(reason, in: .cells) }
    }
    report.verdict = judgement.verdict
    if judgement.verdict != .different {
      report.detections = nil
      report.candidates?.findings = []
    }
    return (report, judgement)
  }

  /// That the patched graph gives the same numbers for two pictures, and the original not: shown by a
  /// run, where the structure has a way from the image to them.
  func outputThatIsTheSame() -> String? {
    guard let pair = firstPair, let fed = firstFed, inputs.both.allSatisfy({ $0.batch ?? 1 == 1 })
    else { return nil }
    let (height, width) = inputs.original.sizes(of: fed.original.shape)
    let found = (0..<2).compactMap { index -> Pair<[String: Tensor]>? in
      let pictures = SyntheticPictures.all(2, height: height, width: width)
      let image = try? ImageSource.pictures([pictures[index]], name: "").prepared(
        for: inputs, sizing.of(height: height, width: width), options.preprocessings,
        batches: Pair(both: 1))
      guard let image, image.tensors.map(\.shape) == fed.map(\.shape) else { return nil }
      return try? pair.plan.run(
        inputs.with(image.tensors).map { input, tensor in [input.name: tensor] }, on: team)
    }
    guard found.count == 2 else { return nil }
    func numbers(_ results: [String: Tensor]) -> [String: Tensor] {
      results.filter { $0.value.elementType.isFloatingPoint }
    }
    let (first, second) = (found[0].map(numbers), found[1].map(numbers))
    guard first.original != second.original, first.patched == second.patched,
      let name = first.patched.keys.sorted().first
    else { return nil }
    return "what the patched graph gives out, '\(shown: name)' first, is the same for two pictures"
  }

  // MARK: Structure

  /// What the patched graph gives out whatever it is fed, while the original does not.
  private func constantOutputs(_ pair: PreparedPair) -> String? {
    let constant = models.with(pair.endings).map { model, ending -> [String] in
      let graph = model.model.graph
      let reached = graph.tensorsThatDependOnInputs
      // The anchors of an NMS plugin are constants.
      let anchors = graph.nodes.filter { $0.operatorType == "EfficientNMS_TRT" }
        .compactMap { $0.inputs.count > 2 ? $0.inputs[2] : nil }
      let read: [String]
      if case .cells = pair.basis {
        read = ending.cellTensors
      } else {
        read = graph.outputs.map(\.name)
      }
      return read.filter { !reached.contains($0) && !anchors.contains($0) }
    }
    guard !constant.patched.isEmpty else { return nil }
    let names: [String]
    if case .cells = pair.basis {
      names = constant.original.isEmpty ? constant.patched : []
    } else {
      let live = models.original.model.graph.outputs.map(\.name)
        .filter { !constant.original.contains($0) }
      names = constant.patched.filter { live.contains($0) }
    }
    guard let first = names.first else { return nil }
    return "'\(shown: first)' of the patched graph does not depend on the image"
  }
}

extension PreparedPair.Basis {
  /// Whether graphs are compared in the same way.
  fileprivate func isLike(_ other: Self) -> Bool {
    switch (self, other) {
    case (.cells, .cells), (.tensors, .tensors), (.nothing, .nothing): true
    case (.cells, _), (.tensors, _), (.nothing, _): false
    }
  }
}

extension ImageReport {
  /// Whether nothing is on one side only, or of another class.
  fileprivate var areObjectsTheSame: Bool {
    let counts = [
      candidates?.missing, candidates?.extra, candidates?.classMismatches, detections?.missing,
      detections?.extra, detections?.classMismatches,
    ]
    return counts.allSatisfy { $0 ?? 0 == 0 }
  }
}

extension ImageInput {
  /// Height and width of a tensor of this input.
  fileprivate func sizes(of shape: Shape) -> (height: Int, width: Int) {
    layout == .channelsFirst ? (shape[2], shape[3]) : (shape[1], shape[2])
  }
}
