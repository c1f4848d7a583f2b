import Detection
import FoundationEssentials
import ONNXGraph
import Tensors

/// Holds a model against a record.
///
/// What cannot be read or run, and what has changed that is no result (an image, the preprocessing,
/// the format), is part of the report, which is then undecided.
///
/// - Parameters:
///   - file: the path of the record.
///   - model: the path of a model of any form.
///   - imageFolder: a folder that holds the images by their file names; the recorded places, or the
///     inputs stored beside the record, when left out.
///   - options: of these, the tolerances and the threads count; the record holds the rest.
public func checkGolden(
  _ file: String, model: String, images imageFolder: String? = nil,
  options: ComparisonOptions = ComparisonOptions()
) -> Report {
  let stopwatch = Stopwatch()
  var report = Report(
    verdict: .undecided, original: GraphReport(path: file), patched: GraphReport(path: model))
  do {
    let golden = try Golden(contentsOfFile: file)
    report.describe(golden)
    let loaded = LoadedModel(path: model, model: try Model(contentsOfFile: model))
    if options.hashesModels { report.patched.sha256 = try sha256(ofFile: model) }
    report.timings.loadSeconds = stopwatch.total
    try checkGolden(
      golden, file: file, loaded, imageFolder: imageFolder, options: options, &report)
  } catch let refusal as Refusal {
    for line in refusal.lines { report.fail(line) }
  } catch {
    report.fail("\(error)")
  }
  report.timings.totalSeconds = stopwatch.total
  return report
}

/// Holds a model in memory against a record.
package func checkGolden(
  _ golden: Golden, file: String, _ model: LoadedModel, imageFolder: String? = nil,
  options: ComparisonOptions = ComparisonOptions()
) -> Report {
  var report = Report(
    verdict: .undecided, original: GraphReport(path: file), patched: GraphReport(path: model.path))
  report.describe(golden)
  do throws(Refusal) {
    try checkGolden(
      golden, file: file, model, imageFolder: imageFolder, options: options, &report)
  } catch {
    for line in error.lines { report.fail(line) }
  }
  return report
}

private func checkGolden(
  _ golden: Golden, file: String, _ model: LoadedModel, imageFolder: String?,
  options: ComparisonOptions, _ report: inout Report
) throws(Refusal) {
  report.patched.form = model.model.typicalForm.rawValue
  let inputs = try GoldenInputs(golden, file: file, imageFolder: imageFolder)
  var check = GoldenCheck(
    golden: golden, inputs: inputs, reader: try GraphReader(model, threads: options.threads),
    options: options)
  for index in golden.images.indices { check.check(index, &report) }
  report.timings.inferenceSeconds = check.inferenceSeconds
  let stress = check.stress()
  report.add(stress)
  report.conclude(stress.reasons.map { "stress: \($0)" })
  if report.verdict == .different {
    report.explainFromRecord([stress.evidence, check.evidence], network: check.networkEvidence)
  }
}

/// Holds a graph against a record, image after image.
private struct GoldenCheck {
  let golden: Golden
  let inputs: GoldenInputs
  var reader: GraphReader
  let options: ComparisonOptions
  private(set) var inferenceSeconds: Figure = 0
  /// What the images' candidates show.
  private var coverage = Coverage()
  /// What a diagnosis looks at, of each image on which the graph differs.
  private(set) var evidence: [DiagnosisEvidence] = []
  /// The same for mistakes in front of the head maps, of the first such image.
  private(set) var networkEvidence: [DiagnosisEvidence] = []
  /// The last run, which may hold several images of the record.
  private var last: (path: String, reading: GraphReading)?
  /// A run whose cells could be compared and are arranged as the made-up maps' are.
  private var stressed: (reading: GraphReading, tensor: Tensor, image: RecordedImage)?

  init(golden: Golden, inputs: GoldenInputs, reader: GraphReader, options: ComparisonOptions) {
    self.golden = golden
    self.inputs = inputs
    self.reader = reader
    self.options = golden.options(options)
  }

  mutating func check(_ index: Int, _ report: inout Report) {
    let image = golden.images[index]
    var found = ImageReport(path: image.name)
    var judgement = Judgement(names: GoldenJudge.names)
    do throws(Refusal) {
      let reading = try read(index)
      for note in reading.graph.notes + classNotes() where !report.notes.contains(note) {
        report.notes.append(note)
      }
      report.patched.form = reading.graph.ending.form.rawValue
      for difference in reading.graph.ending.differences { judgement.differ(difference) }
      found.inputShape = image.input.shape
      let judge = GoldenJudge(golden: golden, image: image, options: options)
      let side = try reading.side(of: image.batchIndex ?? 0)
      let judged = try judge.judge(
        side, tolerance: judge.tolerance(of: reading.graph.precision), &found, &judgement)
      if let judged {
        coverage.add(judged)
        if judgement.verdict == .different { try keep(judged, side, index, judge, reading) }
      }
      report.add(found, judgement)
    } catch {
      report.add(found, failed: error.lines)
    }
  }

  /// Keeps what a diagnosis looks at.
  private mutating func keep(
    _ found: DetectionEvidence, _ side: DetectionSide, _ index: Int, _ judge: GoldenJudge,
    _ reading: GraphReading
  ) throws(Refusal) {
    let noise = Rounding(sharesNetwork: false).tensorTolerance
    let name = golden.images[index].name
    evidence += judge.diagnosisEvidence(
      found, side, name, noise: noise, narrowTypes: narrowTypes(reading))
    guard networkEvidence.isEmpty else { return }
    let network = reader.network(
      reading, fed: try inputs.tensor(index, for: reader),
      image: golden.images[index].batchIndex ?? 0
    ) { nil }
    networkEvidence = judge.networkEvidence(found, side, network, noise: noise)
  }

  /// The 16-bit types that the graph computes in, or has its weights in, and the recorded one not.
  private func narrowTypes(_ reading: GraphReading) -> [NarrowType] {
    let own = NarrowType.allCases.filter {
      $0.rawValue == reading.graph.precision.rawValue
        && reading.graph.precision != golden.model.precision
    }
    return own + reader.model.model.weightTypes.filter { !own.contains($0) }
  }

  private mutating func read(_ index: Int) throws(Refusal) -> GraphReading {
    let image = golden.images[index]
    if let last, last.path == image.path { return last.reading }
    let tensor = try inputs.tensor(index, for: reader)
    let reading = try Stopwatch().add(to: &inferenceSeconds) { () throws(Refusal) in
      try reader.read(
        tensor, expectedClasses: golden.classCount, decode: golden.geometry(of: image))
    }
    last = (image.path, reading)
    if stressed == nil, image.layout == golden.stress?.fed.layout {
      stressed = (reading, tensor, image)
    }
    return reading
  }

  /// Feeds the graph's end the recorded made-up maps.
  func stress() -> GoldenStress {
    guard let (reading, tensor, image) = stressed else {
      return GoldenStress(notFed: golden)
    }
    return GoldenStress(
      golden, reading, fed: tensor, image: image, images: coverage, options: options,
      on: reader.team)
  }

  private func classNotes() -> [String] {
    guard let recorded = golden.labels,
      let found = ClassNames(metadata: reader.model.model.metadata),
      recorded != found
    else { return [] }
    return [
      ClassNames.difference(Pair(original: recorded, patched: found), sides: GoldenJudge.names)
    ]
  }
}

extension Report {
  mutating func describe(_ golden: Golden) {
    self.golden = GoldenReport(schema: golden.schema, tool: golden.tool)
    original.sha256 = golden.model.sha256
    original.form = golden.model.form.rawValue
    let thresholds = golden.thresholds
    notes.append(
      "the record's options count: --confidence \(thresholds.confidence) --iou \(thresholds.iou) "
        + "--max-detections \(thresholds.maximumDetections)")
    for image in golden.images { noteWideTolerance(of: image, in: golden) }
  }

  /// That a record allows more than rounding explains: it was recorded with tolerances as options.
  private mutating func noteWideTolerance(of image: RecordedImage, in golden: Golden) {
    let largestShare: Float = 8
    let derived = Rounding(sharesNetwork: false, precision: golden.model.precision).tolerance(
      of: golden.geometry(of: image), input: Shape(image.input.shape))
    guard
      image.tolerance.boxPx > largestShare * derived.boxPx
        || image.tolerance.score > largestShare * derived.score
    else { return }
    notes.append(
      "\(image.name): the record allows \(image.tolerance.boxPx) px and \(image.tolerance.score) in "
        + "score, more than rounding explains")
  }
}
