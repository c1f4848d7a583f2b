import Detection
import Foundation
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
  report.conclude()
  if !stress.reasons.isEmpty { report.verdict = .different }
  if report.verdict == .different { report.explain(stress.evidence) }
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
      let evidence = try judge.judge(
        try reading.side(of: image.batchIndex ?? 0),
        tolerance: judge.tolerance(of: reading.graph.precision), &found, &judgement)
      if let evidence { coverage.add(evidence) }
      found.verdict = judgement.verdict
      found.checks = judgement.checks(found)
      report.reasons += judgement.reasons.map { "\(found.path): \($0)" }
      report.notes += judgement.notes.map { "\(found.path): \($0)" }
    } catch {
      found.checks = CheckReport.failed(error.lines)
      for line in error.lines { report.fail(line) }
    }
    report.images.append(found)
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

/// Judges what one side says of a recorded image.
struct GoldenJudge {
  static let names = Pair(original: "the record", patched: "the graph")

  let golden: Golden
  let image: RecordedImage
  /// With the record's own thresholds.
  let options: ComparisonOptions

  /// - Returns: what was judged; `nil` where the cells cannot be compared.
  @discardableResult
  func judge(
    _ side: DetectionSide, tolerance: DetectionTolerance, _ report: inout ImageReport,
    _ judgement: inout Judgement
  ) throws(Refusal) -> DetectionEvidence? {
    let recorded = golden.side(of: image)
    let found: DetectionEvidence?
    do {
      found = try DetectionJudge(
        sides: Pair(original: recorded, patched: side), options: options, tolerance: tolerance,
        labels: golden.labels
      ).judge(in: image.frame, &report, &judgement)
    } catch {
      throw Refusal("\(image.name): \(error)")
    }
    // Rows of a plugin do not tell the cells.
    if report.cells?.compared == 0 { report.cells = nil }
    guard report.cells != nil else { return found }
    let statistics = image.statistics.compare(
      with: side.cells.statistics, tolerance: tolerance)
    report.cells?.statistics = StatisticsReport(statistics)
    judgement.add(statistics, cellCount: image.layout.cellCount, tolerance: tolerance)
    if side.cells.digest == image.cellDigest {
      judgement.note("every bit of all \(image.layout.cellCount) cells is as recorded")
    }
    return found
  }

  /// The record's tolerance, or float32's where the side computes in another type than the model
  /// recorded.
  func tolerance(of precision: ElementType) -> DetectionTolerance {
    let derived =
      precision == golden.model.precision
      ? image.tolerance
      : Rounding(sharesNetwork: false).tolerance(
        of: golden.geometry(of: image), input: Shape(image.input.shape))
    return derived.overridden(by: options)
  }
}

extension Golden {
  /// `options` with the record's own thresholds.
  func options(_ options: ComparisonOptions) -> ComparisonOptions {
    var options = options
    options.confidence = thresholds.confidence
    options.iou = thresholds.iou
    options.maximumDetections = thresholds.maximumDetections
    options.preprocessing = preprocessing.preprocessing
    return options
  }
}

extension RecordedImage {
  /// How reports call it.
  var name: String { batchIndex.map { "\(path)[\($0)]" } ?? path }

  var frame: ImageFrame {
    ImageFrame(
      placement: input.placement, networkHeight: input.shape[2], networkWidth: input.shape[3])
  }
}

extension Report {
  mutating func describe(_ golden: Golden) {
    self.golden = GoldenReport(schema: golden.schema, tool: golden.tool)
    original.sha256 = golden.model.sha256
    original.form = golden.model.form.rawValue
  }
}
