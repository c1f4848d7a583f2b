import Detection
import Interpreter
import Kernels
import ONNXGraph
import Operators
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
  /// Plans by what the inputs are fed.
  private var prepared: [[ResolvedGraph.Description]: PreparedPair] = [:]
  /// The first image, prepared while the graphs are.
  private var first: (name: String, image: Result<PreparedImage, Refusal>)?
  var notes: [String] = []
  var inferenceSeconds: Figure = 0
  private(set) var forms: Pair<Form>?
  /// The outputs that detections are read from.
  private(set) var readFrom: Pair<[String]>?
  var notCompared: [NotComparedReport] = []
  /// What the stress takes, from the first image whose cells could be compared.
  private(set) var firstWithCells: StressBasis?
  /// The first image's pair, and what each graph was fed.
  private(set) var firstPair: PreparedPair?
  private(set) var firstFed: Pair<Tensor>?
  /// What the images' candidates show.
  private(set) var imageCoverage = Coverage()
  var stressCoverage = Coverage()
  var stressSeconds: Figure = 0
  var clues = Clues()

  var sharing: Sharing { joint.sharing }
  /// Whether both graphs' outputs have the same names and are proven to be the same values.
  private var provesOutputs: Bool {
    let outputs = models.map { $0.model.graph.outputs.map(\.name) }
    return !outputs.original.isEmpty && outputs.original == outputs.patched
      && outputs.original.allSatisfy { name in
        joint.names.original[name] != nil
          && joint.names.original[name] == joint.names.patched[name]
      }
  }

  /// Whether every node that accumulates is proven identical.
  var sharesNetwork: Bool { !OperatorTable.accumulates(anyOf: joint.unsharedOperators) }

  /// - Parameter first: the image that will be compared first.
  /// - Throws: why the graphs cannot be run, or not on the same image.
  init(
    _ models: Pair<LoadedModel>, first: ImageSource? = nil, options: ComparisonOptions
  ) throws(Refusal) {
    let refusals = models.both.compactMap { $0.refusal }
    guard refusals.isEmpty else { throw Refusal(lines: refusals) }
    self.models = models
    inputs = try models.map { (model) throws(Refusal) in
      try model.naming { () throws(DetectionError) in
        try ImageInput(model.model.graph)
      }
    }
    sizing = try InputSizing(models, inputs, options.inputSize)
    self.options = options
    let team = ThreadTeam(threadCount: options.threads ?? ThreadTeam.availableThreads)
    self.team = team
    let preparation = Preparation(
      models, inputs, sizing, first: first, options: options, on: team)
    joint = preparation.joint
    self.first = preparation.image
    let names = models.map { ClassNames(metadata: $0.model.metadata) }
    labels = names.original ?? names.patched
    if let original = names.original, let patched = names.patched, original != patched {
      notes.append(ClassNames.difference(Pair(original: original, patched: patched)))
    }
    if let pair = preparation.pair, let fed = preparation.fed { keep(pair, for: fed) }
  }

  /// - Throws: when an option asks for what the graphs do not allow.
  func checkUsage() throws(UsageError) { try sizing.check(options.inputSize) }

  /// Runs both graphs on one image (or a tensor of several) and judges what they say.
  mutating func compare(
    _ source: ImageSource
  ) throws(Refusal) -> [(report: ImageReport, judgement: Judgement)] {
    let image = try prepared(source)
    let pair = try prepare(image.tensors)
    let results = try Stopwatch().add(to: &inferenceSeconds) { () throws(Refusal) in
      try pair.plan.run(
        inputs.with(image.tensors).map { input, tensor in [input.name: tensor] }, on: team)
    }
    if firstPair == nil { (firstPair, firstFed) = (pair, image.tensors) }
    let others = Result { () throws(Refusal) in try otherArithmetic(image.tensors, pair) }
    var found: [(report: ImageReport, judgement: Judgement)] = []
    for index in 0..<image.imageCount {
      let before = clues
      var (report, judgement) = judged(source, image, index, pair, results)
      if judgement.verdict == .different, judgement.concernsNumbersOnly,
        isRounding(image.tensors, pair, [(index, report)])
      {
        judgement.forgive(
          "the graphs are further apart than allowed, but not in float64: rounding")
        clues = before
      }
      do {
        try add(others.get(), image, index, pair, results, to: &report)
      } catch {
        judgement.note("precision: \(error)")
      }
      found.append((report, judgement))
    }
    return found
  }

  /// What both graphs' runs say of one image of the batch.
  ///
  /// - Parameter isSynthetic: whether the picture is none of those that are asked about.
  mutating func judged(
    _ source: ImageSource, _ image: PreparedImage, _ index: Int, _ pair: PreparedPair,
    _ results: Pair<[String: Tensor]>, isSynthetic: Bool = false
  ) -> (report: ImageReport, judgement: Judgement) {
    var judgement = Judgement()
    // What is wrong with the graphs as they stand is said of the images.
    if !isSynthetic {
      for (model, ending) in models.with(pair.endings).both {
        for difference in ending.differences { judgement.differ("\(model.path): \(difference)") }
      }
      for difference in pair.namedOutputs.differences { judgement.differ(difference) }
    }
    var report = ImageReport(
      path: image.imageCount == 1 ? source.name : "\(source.name)[\(index)]")
    report.inputShape = image.tensors.original.shape.dimensions
    judge(source, image, index, pair, results, isSynthetic, &report, &judgement)
    return (report, judgement)
  }

  private mutating func judge(
    _ source: ImageSource, _ image: PreparedImage, _ index: Int, _ pair: PreparedPair,
    _ results: Pair<[String: Tensor]>, _ isSynthetic: Bool, _ report: inout ImageReport,
    _ judgement: inout Judgement
  ) {
    switch pair.basis {
    case .cells(let geometries):
      do {
        var sides = try Pair(pair.endings, geometries, results, image: index)
        let network = network(source, image, index, pair)
        // Run again for a diagnosis, which few comparisons need; kept, they would cost every one.
        if !pair.endings.original.headsBesideObserved.isEmpty {
          sides.original.reference?.heads = { network.heads() }
        }
        sides.original.reference?.changed = { network.heads(after: $0) }
        let judge = DetectionJudge(
          sides: sides, options: options,
          tolerance: tolerance(rounding(pair), geometries.original, image.tensors.original.shape),
          noise: rounding(pair).tensorTolerance, labels: labels, team: team,
          judgesLimits: !isSynthetic)
        judgeScoreKinds(pair.endings, &judgement)
        if provesOutputs { judgement.agree() }
        for (model, (ending, side)) in models.with(pair.endings.with(sides)).both
        where !provesOutputs {
          for assumption in ending.assumptions(side.cells) {
            judgement.assume(assumption, of: model.path)
          }
        }
        if let found = try judge.judge(in: image.frame, &report, &judgement) {
          if firstWithCells == nil, !isSynthetic, options.stressCases > 0 {
            firstWithCells = StressBasis(
              pair: pair, geometries: geometries, inputShape: image.tensors.original.shape,
              images: image.tensors, tails: tails(pair, results, image.tensors))
          }
          if !isSynthetic { imageCoverage.add(found) }
          if judgement.verdict == .different {
            keepClues(
              found, sides, judge, network, pair, geometries, results.patched, image.frame, index,
              report, judgement)
          }
        }
      } catch {
        judgement.doubt(error.description)
      }
      if index == 0 {
        pair.namedOutputs.judge(
          results, rows: Set(pair.endings.both.flatMap(\.detectionOutputs)),
          tolerance: options.tensorTolerance.map(Double.init) ?? rounding(pair).tensorTolerance,
          &report, &judgement)
      }
      if image.imageCount == 1 {
        for (model, (tensors, fed)) in models.with(results.with(image.tensors)).both {
          guard let name = tensors.firstThatVaries(inBatchOf: fed.shape[0]) else { continue }
          judgement.differ(
            "\(model.path): '\(shown: name)' is not the same for every image of a batch that holds one "
              + "picture several times")
        }
      }
    case .tensors:
      let tolerance = options.tensorTolerance.map(Double.init) ?? rounding(pair).tensorTolerance
      TensorJudge(
        paths: models.map(\.path), outputs: outputs(results, pair), tolerance: tolerance,
        readOnOneSide: pair.endings.original.form == pair.endings.patched.form
          ? [] : Set(pair.endings.original.detectionOutputs)
      ).judge(&report, &judgement)
      if judgement.verdict == .different {
        keepClues(network(source, image, index, pair), pair, results, tolerance, judgement)
      }
    case .nothing(let reason): judgement.doubt(reason)
    }
  }

  /// Scores that are probabilities in the original and logits in an output of the same name, or the
  /// other way round: whoever reads it takes them for what they were.
  private func judgeScoreKinds(_ endings: Pair<Ending>, _ judgement: inout Judgement) {
    let tables = endings.map { $0.table ?? $0.kept?.table }
    guard let original = tables.original, let patched = tables.patched,
      endings.original.form == endings.patched.form, original.scores == patched.scores,
      original.activation != patched.activation, endings.both.allSatisfy(\.shown.scores),
      ![original.activation, patched.activation].contains(.softmaxWithNothingLast)
    else { return }
    let areLogits = patched.activation == .logit
    judgement.differ(
      "'\(shown: patched.scores.tensor)' holds \(areLogits ? "probabilities" : "logits") in the original and "
        + "\(areLogits ? "logits" : "probabilities") in the patched graph",
      cause: areLogits ? "sigmoid-missing" : "sigmoid-twice")
  }

  /// The graphs' ends, cut at head maps that are proven to be the same or are on this image.
  private func tails(
    _ pair: PreparedPair, _ results: Pair<[String: Tensor]>, _ images: Pair<Tensor>
  ) -> Result<TailPair, Refusal> {
    // Another order of sums adds a few times what rounding does to a map.
    let share = 8.0
    return Result { () throws(Refusal) in
      let cut = try pair.headChains.map { (chains) throws(Refusal) in
        try chains.cut(results, tolerance: share * rounding(pair).tensorTolerance)
      }
      if let tails = pair.tails, cut == nil || cut == pair.headChains?.heads {
        return try tails.get()
      }
      return try TailPair(
        models, pair.endings, pair.lookups, inputs, images, sharing: options.sharesNodes, cut: cut)
    }
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

  private mutating func prepared(_ source: ImageSource) throws(Refusal) -> PreparedImage {
    defer { first = nil }
    if let first, first.name == source.name { return try first.image.get() }
    return try source.prepared(for: inputs, sizing, options.preprocessings)
  }

  private mutating func prepare(_ tensors: Pair<Tensor>) throws(Refusal) -> PreparedPair {
    let fed = tensors.map { ResolvedGraph.Description($0.elementType, $0.shape) }
    if let known = prepared[fed.both] { return known }
    let resolved = try ResolvedPair(models, inputs, fed: fed, joint: joint, options)
    let pair = try PreparedPair(models, resolved, on: team)
    keep(pair, for: fed)
    return pair
  }

  private mutating func keep(_ pair: PreparedPair, for fed: Pair<ResolvedGraph.Description>) {
    notes += (pair.notes + precisionNotes(pair.precisions)).filter { !notes.contains($0) }
    forms = pair.endings.map(\.form)
    readFrom = pair.endings.map(\.detectionOutputs)
    notCompared += pair.namedOutputs.skipped.filter { !notCompared.contains($0) }
    prepared[fed.both] = pair
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
      sharesNetwork: !OperatorTable.accumulates(anyOf: unshared ?? joint.unsharedOperators),
      precision: precisions.original == precisions.patched ? precisions.original : .float32)
  }

  func tolerance(
    _ rounding: Rounding, _ geometry: DecodeGeometry, _ inputShape: Shape
  ) -> DetectionTolerance {
    rounding.tolerance(of: geometry, input: inputShape).overridden(by: options)
  }
}
