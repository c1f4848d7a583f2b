import Detection
import Dumps
import FoundationEssentials
import ONNXGraph
import Tensors

/// How what an engine wrote is held against the reference.
public struct DumpOptions: Sendable {
  /// Detections, preprocessing, input size, tolerances and threads; what concerns two graphs is left
  /// out of account.
  public var comparison = ComparisonOptions()
  /// What the engine computes in.
  public var engine = EnginePrecision.fp32
  /// Which run of a dump that holds several, counted from 0; all of them when `nil`.
  public var run: Int?

  public init() {}
}

/// Holds what an engine wrote against the reference of its graph: in the report, the reference is the
/// original and the dump is the patched side.
///
/// What cannot be read, run or compared is part of the report, which is then undecided.
///
/// - Parameters:
///   - model: the path of the graph that the engine was built from.
///   - image: the path of what the engine was fed: a JPEG or PNG image, or an `.npy` tensor that is fed
///     as it is.
///   - dump: the path of a file or folder that `Dump` reads.
///   - options: detections, preprocessing, tolerances, the engine's type, and which run to take.
/// - Throws: ``UsageError`` when an option does not go with the model or the dump.
public func compareDump(
  model: String, image: String, dump: String, options: DumpOptions = DumpOptions()
) throws(UsageError) -> Report {
  let stopwatch = Stopwatch()
  let loaded = Result { () throws(ModelError) in try LoadedModel(contentsOfFile: model) }
  let read = Result { () throws(TensorError) in try Dump(contentsOf: dump) }
  let loadSeconds = stopwatch.total
  var report = Report(
    verdict: .undecided, original: GraphReport(path: model), patched: GraphReport(path: dump))
  report.dump = DumpReport(engine: options.engine)
  switch (loaded, read) {
  case (.success(let model), .success(let dump)):
    try report.compare(model, dump, .file(image), options)
  default:
    if case .failure(let error) = loaded { report.fail(error.description) }
    if case .failure(let error) = read { report.fail(error.description) }
  }
  if options.comparison.hashesModels { report.original.sha256 = SHA256.hexDigest(ofFile: model) }
  report.timings.loadSeconds = loadSeconds
  report.timings.totalSeconds = stopwatch.total
  return report
}

extension Report {
  fileprivate mutating func compare(
    _ model: LoadedModel, _ dump: Dump, _ image: ImageSource, _ options: DumpOptions
  ) throws(UsageError) {
    self.dump?.format = dump.format.rawValue
    self.dump?.significantDigits = dump.significantDigits
    original.form = model.model.typicalForm.rawValue
    var comparison: DumpComparison
    do {
      comparison = try DumpComparison(model, dump, path: patched.path, options: options)
    } catch {
      for line in error.lines { fail(line) }
      return
    }
    try comparison.checkUsage()
    do {
      add(try comparison.compare(image), isComplete: comparison.isComplete)
    } catch {
      add(ImageReport(path: image.name), failed: error.lines)
    }
    notes = comparison.notes + notes
    timings.inferenceSeconds = comparison.inferenceSeconds
    original.form = comparison.form?.rawValue ?? original.form
    patched.form = comparison.form?.rawValue
    if verdict == .different { explain(comparison.evidence) }
  }

  /// - Parameter isComplete: whether everything could be compared.
  mutating func add(
    _ found: [(report: ImageReport, judgement: Judgement)], isComplete: Bool
  ) {
    for (image, judgement) in found { add(image, judgement) }
    conclude(isComplete: isComplete)
  }
}
