import Detection
import Interpreter
import Kernels
import ONNXGraph
import Tensors

/// Compares what two graphs detect, image after image.
struct GraphComparison {
  let models: Pair<LoadedModel>
  let inputs: Pair<ImageInput>
  let sizing: InputSizing
  let options: ComparisonOptions
  let joint: JointGraph
  let team: ThreadTeam
  private let labels: ClassNames?
  /// Plans by the shapes of the inputs.
  private var prepared: [[Shape]: PreparedPair] = [:]
  private(set) var notes: [String] = []
  private(set) var inferenceSeconds: Figure = 0
  private(set) var forms: Pair<Form>?
  /// What was prepared for the first image whose cells could be compared.
  private var firstWithCells: (pair: PreparedPair, image: Pair<Tensor>)?
  /// What the images' candidates show.
  private var imageCoverage = Coverage()
  private var stressCoverage = Coverage()
  private(set) var stressSeconds: Figure = 0
  /// What a diagnosis looks at, from the first images on which the graphs differ.
  private(set) var evidence: [DiagnosisEvidence] = []

  var sharing: Sharing { joint.sharing }
  /// Whether every node that accumulates is proven identical.
  var sharesNetwork: Bool { joint.unsharedOperators.isDisjoint(with: Rounding.accumulating) }

  /// - Throws: why the graphs cannot be run, or not on the same image.
  init(_ models: Pair<LoadedModel>, options: ComparisonOptions) throws(Refusal) {
    let refusals = models.both.compactMap { $0.refusal }
    guard refusals.isEmpty else { throw Refusal(lines: refusals) }
    self.models = models
    inputs = try models.map { (model) throws(Refusal) in
      try model.naming { () throws(Refusal) in try ImageInput(model.model) }
    }
    sizing = try InputSizing(models, inputs, options.inputSize)
    self.options = options
    joint = JointGraph(
      models.map(\.model), pairedInputs: inputs.takesTheSame ? [inputs.map(\.name)] : [])
    team = ThreadTeam(threadCount: options.threads ?? ThreadTeam.availableThreads)
    let names = models.map { ClassNames(metadata: $0.model.metadata) }
    labels = names.original ?? names.patched
    if let original = names.original, let patched = names.patched, original != patched {
      notes.append(ClassNames.difference(Pair(original: original, patched: patched)))
    }
  }

  /// - Throws: when an option asks for what the graphs do not allow.
  func checkUsage() throws(UsageError) { try sizing.check(options.inputSize) }

  /// Runs both graphs on one image (or a tensor of several) and judges what they say.
  mutating func compare(
    _ source: ImageSource
  ) throws(Refusal) -> [(report: ImageReport, judgement: Judgement)] {
    let image = try source.prepared(for: inputs, sizing, options.preprocessing)
    let pair = try prepare(image.tensors)
    let results = try Stopwatch().add(to: &inferenceSeconds) { () throws(Refusal) in
      try pair.plan.run(
        inputs.with(image.tensors).map { input, tensor in [input.name: tensor] }, on: team)
    }
    let others = Result { () throws(Refusal) in try otherArithmetic(image.tensors, pair) }
    var found: [(report: ImageReport, judgement: Judgement)] = []
    for index in 0..<image.imageCount {
      var judgement = Judgement()
      for (model, ending) in models.with(pair.endings).both {
        for difference in ending.differences { judgement.differ("\(model.path): \(difference)") }
      }
      var report = ImageReport(
        path: image.imageCount == 1 ? source.name : "\(source.name)[\(index)]")
      report.inputShape = image.tensors.original.shape.dimensions
      judge(source, image, index, pair, results, &report, &judgement)
      do {
        try add(others.get(), image, index, pair, results, to: &report)
      } catch {
        judgement.note("precision: \(error)")
      }
      report.verdict = judgement.verdict
      report.checks = judgement.checks(report)
      found.append((report, judgement))
    }
    return found
  }

  private mutating func judge(
    _ source: ImageSource, _ image: PreparedImage, _ index: Int, _ pair: PreparedPair,
    _ results: Pair<[String: Tensor]>, _ report: inout ImageReport,
    _ judgement: inout Judgement
  ) {
    switch pair.basis {
    case .cells(let geometries):
      do {
        var sides = try Pair(pair.endings, geometries, results, image: index)
        sides.original.reference?.changed = network(source, image, index, pair)
        let judge = DetectionJudge(
          sides: sides, options: options,
          tolerance: tolerance(rounding(pair), geometries.original, image.tensors.original),
          noise: rounding(pair).tensorTolerance, labels: labels)
        if let found = try judge.judge(in: image.frame, &report, &judgement) {
          if firstWithCells == nil { firstWithCells = (pair, image.tensors) }
          imageCoverage.add(found)
          if judgement.verdict == .different, evidence.count < Self.evidenceLimit {
            evidence += judge.diagnosisEvidence(found, report.path, judgement).map {
              var found = $0
              found.facts = facts(pair)
              return found
            }
          }
        }
      } catch {
        judgement.doubt(error.description)
      }
      if image.imageCount == 1 {
        for (model, name) in models.with(results.map(\.firstThatVariesInBatch)).both {
          guard let name else { continue }
          judgement.differ(
            "\(model.path): '\(name)' is not the same for every image of a batch that holds one "
              + "picture several times")
        }
      }
    case .tensors:
      TensorJudge(
        paths: models.map(\.path), outputs: outputs(results, pair),
        tolerance: options.tensorTolerance.map(Double.init) ?? rounding(pair).tensorTolerance
      ).judge(&report, &judgement)
    case .nothing(let reason): judgement.doubt(reason)
    }
  }

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
    do {
      return try Stopwatch().add(to: &seconds) {
        let tails = try TailPair(
          models, pair, images: inputs.with(image).map { (name: $0.name, tensor: $1) },
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
          judge.add(evidence, pass: pass)
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
    let maps = tails.heads.original
    guard let fed = found.heads?.original, let classCount = pair.endings.original.classCount,
      let heads = try? HeadValues(
        ReferenceHeads(maps: maps, areThroughSigmoid: false), classCount: classCount,
        in: Dictionary(zip(maps.map(\.name), fed)) { first, _ in first }, image: found.image)
    else { return [] }
    var evidence = DiagnosisEvidence(
      found, heads: heads, geometry: geometry,
      thresholds: pair.endings.map {
        $0.form == .yoloLayerPlugin ? $0.ownRule?.threshold : nil
      }, confidence: options.confidence, noise: rounding(pair).tensorTolerance)
    evidence.facts = facts(pair)
    evidence.facts.sharesNetwork = true
    evidence.skipsNonFinite = true
    return [evidence]
  }

  var coverage: CoverageReport? { CoverageReport(images: imageCoverage, stress: stressCoverage) }

  /// The graphs' outputs, to be paired.
  func outputs(
    _ results: Pair<[String: Tensor]>, _ pair: PreparedPair
  ) -> Pair<[OutputPairing.Output]> {
    models.with(joint.names).with(results.with(pair.openOutputs)).map { side in
      let ((model, names), (tensors, openOutputs)) = side
      return model.model.graph.outputs.compactMap { output in
        tensors[output.name].map {
          OutputPairing.Output(
            name: output.name, value: names[output.name] ?? "", tensor: $0,
            hasOpenShape: openOutputs.contains(output.name))
        }
      }
    }
  }

  private static let evidenceLimit = 3

  /// Adds to a report what would explain that the graphs differ, or are not comparable.
  func explain(_ report: inout Report) {
    report.explain(evidence)
    report.diagnosis = StructuralDiagnosis(models).found + (report.diagnosis ?? [])
    guard report.diagnosis == [], report.verdict == .different else { return }
    let first = FirstDifferences(models.map(\.model), joint).lines
    guard !first.isEmpty else { return }
    report.diagnosis = [
      DiagnosisReport(
        ids: ["weights"], explains: 0,
        text: "nothing else explains it; the first that differ: " + first.joined(separator: "; "))
    ]
  }

  /// What is known of the patched graph without looking at numbers.
  private func facts(_ pair: PreparedPair) -> DiagnosisFacts {
    var facts = pair.endings.patched.diagnosisFacts
    facts.sharesNetwork = joint.unsharedOperators.isDisjoint(with: Rounding.accumulating)
    facts.narrowTypes = narrowTypes(pair)
    facts.changes = NetworkChange.between(models.map(\.model))
    return facts
  }

  /// The 16-bit types that the patched graph computes in, or has its weights in, and the original not.
  private func narrowTypes(_ pair: PreparedPair) -> [NarrowType] {
    var types: [NarrowType] = []
    if pair.precisions.original != pair.precisions.patched {
      types = NarrowType.allCases.filter { $0.rawValue == pair.precisions.patched.rawValue }
    }
    let weights = models.map { $0.model.weightTypes }
    return types + weights.patched.filter { !types.contains($0) && !weights.original.contains($0) }
  }

  /// A way to run the original's network again with a change.
  private func network(
    _ source: ImageSource, _ image: PreparedImage, _ index: Int, _ pair: PreparedPair
  ) -> @Sendable (NetworkChange) -> HeadValues? {
    let network = ReferenceNetwork(
      model: models.original, input: inputs.original, ending: pair.endings.original,
      tensor: image.tensors.original, image: index, team: team
    ) { [inputs, sizing, options] in
      source.stretched(for: inputs, sizing, options.preprocessing)
    }
    return { network?.heads(after: $0) }
  }

  private mutating func prepare(_ tensors: Pair<Tensor>) throws(Refusal) -> PreparedPair {
    let key = tensors.both.map(\.shape)
    if let known = prepared[key] { return known }
    let run = try PairedRun(
      models, joint: options.sharesNodes ? joint : nil,
      inputs: inputs.with(tensors).map { input, tensor in
        [input.name: ResolvedGraph.Description(tensor.elementType, tensor.shape)]
      }, convolution: options.convolution)
    let pair = try PreparedPair(models, run: run, team: team)
    notes += (pair.notes + precisionNotes(pair.precisions)).filter { !notes.contains($0) }
    forms = pair.endings.map(\.form)
    prepared[key] = pair
    return pair
  }

  private func precisionNotes(_ precisions: Pair<ElementType>) -> [String] {
    guard precisions.original != precisions.patched else { return [] }
    return [
      "the original computes in \(precisions.original), the patched graph in "
        + "\(precisions.patched): the rounding of the narrower type counts as error"
    ]
  }

  /// - Parameter unshared: operators that the graphs, or their ends, do not share.
  func rounding(_ pair: PreparedPair, unshared: Set<String>? = nil) -> Rounding {
    let precisions = pair.precisions
    return Rounding(
      sharesNetwork: (unshared ?? joint.unsharedOperators)
        .isDisjoint(with: Rounding.accumulating),
      precision: precisions.original == precisions.patched ? precisions.original : .float32)
  }

  func tolerance(
    _ rounding: Rounding, _ geometry: DecodeGeometry, _ input: Tensor
  ) -> DetectionTolerance {
    rounding.tolerance(of: geometry, input: input.shape).overridden(by: options)
  }
}

extension DetectionTolerance {
  /// With what the options ask for in place of what is derived.
  func overridden(by options: ComparisonOptions) -> DetectionTolerance {
    DetectionTolerance(
      boxPx: options.boxTolerance ?? boxPx,
      boxRelative: options.boxTolerance == nil ? boxRelative : nil,
      score: options.scoreTolerance ?? score)
  }
}

extension Rounding {
  /// The tolerance of boxes and scores that a graph decodes like this.
  ///
  /// - Parameter input: the shape of the network's input.
  func tolerance(of geometry: DecodeGeometry, input: Shape) -> DetectionTolerance {
    let scales = geometry.scales
    let anchors = scales?.flatMap { $0.anchors.flatMap { [$0.width, $0.height] } } ?? []
    let strides = scales?.flatMap { [$0.strideX, $0.strideY] } ?? []
    return detectionTolerance(
      networkSide: Double(input.dropFirst().max() ?? 0),
      largestAnchor: anchors.max().map(Double.init), largestStride: strides.max() ?? 32)
  }
}

extension [String: Tensor] {
  /// A tensor that is not the same for every image of its batch.
  var firstThatVariesInBatch: String? {
    filter { !$0.value.isConstantInBatch }.keys.min()
  }
}

extension Tensor {
  fileprivate var isConstantInBatch: Bool {
    guard let count = shape.first, count > 1 else { return true }
    return withUnsafeBytes { bytes in
      let size = bytes.count / count
      let first = bytes[..<size]
      return (1..<count).allSatisfy { first.elementsEqual(bytes[$0 * size..<($0 + 1) * size]) }
    }
  }
}

extension ClassNames {
  /// How the names that two sides give their classes differ.
  ///
  /// - Parameter sides: what to call them.
  static func difference(
    _ names: Pair<ClassNames>,
    sides: Pair<String> = Pair(original: "the original", patched: "the patched graph")
  ) -> String {
    let count = names.both.compactMap(\.count).max() ?? 0
    let differing = (0..<count).filter { names.original[$0] != names.patched[$0] }
    let title = "\(sides.original) and \(sides.patched) name"
    guard let first = differing.first else { return "\(title) their classes differently" }
    let found = names.map { $0[first].map { "'\($0)'" } ?? "nothing" }
    return
      "\(title) \(differing.count) classes differently: class \(first) is \(found.original) in "
      + "\(sides.original) and \(found.patched) in \(sides.patched)"
  }
}
