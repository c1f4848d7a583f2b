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
      findings.diagnosis.append(
        DiagnosisReport(ids: ["constant-output"], explains: 1, text: "explained by: \(reason)"))
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
      if isOpenBatch.original, isOpenBatch.patched { return Pair(both: open) }
      return isOpenBatch.patched && batches.original == 1 && isOpenBatch.original == false
        ? Pair(original: 1, patched: 2) : batches
    }
    if inputs.original.hasOpenSize, inputs.patched.hasOpenSize {
      return [
        SyntheticTrial(batches: batch(3), height: 3 * stride, width: 5 * stride),
        SyntheticTrial(
          batches: inputs.map { $0.batch ?? 1 }, height: 6 * stride, width: 4 * stride),
      ]
    }
    guard !sharesNetwork || batch(2) != batches else { return [] }
    return [SyntheticTrial(batches: batch(2), height: height, width: width)]
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
    if isRounding(trial, found.map(\.report)) {
      findings.notes.append(
        "synthetic: \(trial.title): the graphs are further apart than allowed, but not in float64: rounding"
      )
      return
    }
    findings.differences += reasons
    diagnose(trial, &findings)
  }

  /// Whether a difference that is as near as rounding is gone where both graphs are run in float64.
  private func isRounding(_ trial: SyntheticTrial, _ reports: [ImageReport]) -> Bool {
    let factor = 8.0
    let isNear = reports.allSatisfy { report in
      guard let cells = report.cells, let tolerances = report.tolerances,
        (report.tensors ?? []).isEmpty
      else { return false }
      return cells.maxBoxErrorPx.value <= factor * Double(tolerances.boxPx)
        && cells.maxScoreError.value <= factor * Double(tolerances.score)
    }
    guard isNear, trial.batches.original == trial.batches.patched,
      let image = try? picture(trial), let pair = try? resolved(image.tensors),
      case .cells(let geometries) = pair.basis,
      let exact = try? exactResults(image.tensors, pair)
    else { return false }
    return reports.indices.allSatisfy { index in
      guard let tolerances = reports[index].tolerances else { return false }
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
    guard max(trial.batches.original, trial.batches.patched) > 1,
      inputs.both.allSatisfy({ $0.batch ?? 1 == 1 })
    else { return }
    var alone = trial
    alone.batches = Pair(both: 1)
    guard let found = try? judged(alone), found.allSatisfy({ $0.judgement.differences.isEmpty })
    else { return }
    findings.diagnosis.append(
      DiagnosisReport(
        ids: ["batch"], explains: 1,
        text: "explained by: the images of a batch are mixed up, or the batch is written into the "
          + "graph: each image alone gives no difference"))
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
          ids: ["batch"], explains: 1,
          text:
            "explained by: the patched graph runs on one image only; leave the batch open where "
            + "it reshapes")
        : DiagnosisReport(
          ids: ["baked-size"], explains: 1,
          text: "explained by: the patched graph has one height and width written into it; let "
            + "shapes follow the input"))
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
    return try ImageSource.pictures(
      SyntheticPictures.all(count, height: trial.height, width: trial.width), name: trial.title
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

extension ImageInput {
  /// Height and width of a tensor of this input.
  fileprivate func sizes(of shape: Shape) -> (height: Int, width: Int) {
    layout == .channelsFirst ? (shape[2], shape[3]) : (shape[1], shape[2])
  }
}
