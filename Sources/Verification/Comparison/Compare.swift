import Detection
import Interpreter
import ONNXGraph
import Tensors

/// Compares what two model files detect on images.
///
/// What cannot be read or run is part of the report, which is then undecided.
///
/// - Parameters:
///   - original: the path of the model as it was exported.
///   - patched: the path of the model as it was patched.
///   - images: paths of JPEG and PNG images, or of `.npy` tensors that are fed as they are.
///   - options: thresholds, preprocessing, tolerances, and how the graphs compute.
/// - Throws: ``UsageError`` when an option does not go with the models.
public func compare(
  original: String, patched: String, images: [String],
  options: ComparisonOptions = ComparisonOptions()
) throws(UsageError) -> Report {
  try Comparison(original: original, patched: patched, images: images, options: options).report
}

/// Two model files compared on images, with all that was read and made for it: freeing that takes a
/// while, and a command that is about to end need not.
package struct Comparison {
  package private(set) var report: Report
  private let files: ModelFiles
  private let graphs: GraphComparison?

  /// - Throws: ``UsageError`` when an option does not go with the models.
  package init(
    original: String, patched: String, images: [String], options: ComparisonOptions
  ) throws(UsageError) {
    let stopwatch = Stopwatch()
    files = ModelFiles(
      Pair(original: original, patched: patched), hashing: options.hashesModels)
    let loadSeconds = stopwatch.total
    switch (files.models.original, files.models.patched) {
    case (.success(let original), .success(let patched)):
      (report, graphs) = try comparedModels(
        Pair(original: original, patched: patched), images: images.map(ImageSource.file),
        options: options)
    default:
      report = Report(
        verdict: .undecided, original: GraphReport(path: original),
        patched: GraphReport(path: patched))
      graphs = nil
      for result in files.models.both {
        if case .failure(let error) = result { report.fail(error.description) }
      }
    }
    report.original.sha256 = files.digests.original
    report.patched.sha256 = files.digests.patched
    report.timings.loadSeconds = loadSeconds
    report.timings.totalSeconds = stopwatch.total
  }
}

/// Compares what two models in memory detect on images.
package func compareModels(
  _ models: Pair<LoadedModel>, images: [ImageSource], options: ComparisonOptions
) throws(UsageError) -> Report {
  try comparedModels(models, images: images, options: options).report
}

/// - Returns: the graphs as well, where they can be run.
private func comparedModels(
  _ models: Pair<LoadedModel>, images: [ImageSource], options: ComparisonOptions
) throws(UsageError) -> (report: Report, graphs: GraphComparison?) {
  var report = Report(
    verdict: .undecided, original: GraphReport(path: models.original.path),
    patched: GraphReport(path: models.patched.path))
  var comparison: GraphComparison
  do {
    comparison = try GraphComparison(models, first: images.first, options: options)
  } catch {
    for line in error.lines { report.fail(line) }
    report.setForms(models.map { $0.model.typicalForm })
    let inputs = zip(models.original.model.graph.inputs, models.patched.model.graph.inputs)
    report.sharing =
      JointGraph(
        models.map(\.model), pairedInputs: inputs.map { Pair(original: $0.name, patched: $1.name) }
      ).sharing
    report.diagnosis = StructuralDiagnosis(models).found
    return (report, nil)
  }
  try comparison.checkUsage()
  report.sharing = comparison.sharing
  for image in images {
    do {
      for (found, judgement) in try comparison.compare(image) { report.add(found, judgement) }
    } catch {
      report.add(ImageReport(path: image.name), failed: error.lines)
    }
  }
  let synthetic = comparison.synthetic()
  let stress = comparison.stress()
  report.stress = stress?.report
  report.coverage = comparison.coverage
  report.add(synthetic)
  report.addDrift(comparison, images, options)
  report.notes = comparison.notes + report.notes
  report.timings.inferenceSeconds = comparison.inferenceSeconds
  report.timings.stressSeconds = comparison.stressSeconds
  report.setForms(comparison.forms ?? models.map { $0.model.typicalForm })
  report.setOutputs(comparison.readFrom, models)
  let skipped = comparison.notCompared + synthetic.skipped
  report.notCompared = skipped.isEmpty ? nil : skipped
  report.conclude(
    synthetic.differences + (stress?.reasons ?? []).map { "stress: \($0)" })
  if report.verdict != .equivalent { comparison.explain(&report, known: synthetic.diagnosis) }
  return (report, comparison)
}

extension Report {
  /// Adds what both graphs made of synthetic pictures.
  fileprivate mutating func add(_ found: SyntheticFindings) {
    notes += found.notes
    synthetic = found.images.isEmpty ? nil : found.images
    let shapes = images.compactMap(\.inputShape) + found.images.compactMap(\.inputShape)
    guard !shapes.isEmpty else { return }
    coverage = coverage ?? CoverageReport()
    coverage?.batches = Set(shapes.map { $0[0] }.filter { $0 > 0 } + found.batches).sorted()
    coverage?.sizes = shapes.map { $0[3] == 3 ? [$0[1], $0[2]] : [$0[2], $0[3]] }.uniqued
  }

  /// Where the networks drift apart, on the first image that was compared.
  fileprivate mutating func addDrift(
    _ comparison: GraphComparison, _ images: [ImageSource], _ options: ComparisonOptions
  ) {
    let isWanted = options.comparesInFloat64 || self.images.contains { $0.verdict == .different }
    guard isWanted, !comparison.sharesNetwork,
      let image = images.first(where: { source in
        self.images.contains { $0.path == source.name && $0.inputShape != nil }
      })
    else { return }
    do {
      drift = try comparison.drift(on: image)
    } catch {
      notes.append("the layers could not be compared: \(error)")
    }
  }

  fileprivate mutating func setOutputs(
    _ readFrom: Pair<[String]>?, _ models: Pair<LoadedModel>
  ) {
    guard let readFrom else { return }
    func set(_ graph: inout GraphReport, _ names: [String], _ model: LoadedModel) {
      graph.readFrom = names.isEmpty ? nil : names
      graph.hasOtherOutputs =
        !names.isEmpty && model.model.graph.outputs.contains { !names.contains($0.name) }
    }
    set(&original, readFrom.original, models.original)
    set(&patched, readFrom.patched, models.patched)
  }

  fileprivate mutating func setForms(_ forms: Pair<Form>) {
    original.form = forms.original.rawValue
    patched.form = forms.patched.rawValue
  }
}
