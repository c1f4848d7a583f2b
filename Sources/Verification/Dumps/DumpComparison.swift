import BoxMath
import Detection
import Dumps
import Tensors

/// Holds what an engine wrote against the reference of its graph.
struct DumpComparison {
  let dump: Dump
  let dumpPath: String
  let options: DumpOptions
  private var reader: GraphReader
  private let sizing: InputSizing
  private let labels: ClassNames?
  private(set) var notes: [String] = []
  private(set) var form: Form?
  /// Whether everything in the dump could be compared.
  private(set) var isComplete = true
  private(set) var inferenceSeconds: Figure = 0
  /// What a diagnosis looks at, of each image on which the dump differs.
  private(set) var evidence: [DiagnosisEvidence] = []

  /// - Throws: why the graph cannot be run.
  init(
    _ model: LoadedModel, _ dump: Dump, path: String, options: DumpOptions
  ) throws(Refusal) {
    self.dump = dump
    dumpPath = path
    self.options = options
    reader = try GraphReader(model, threads: options.comparison.threads)
    sizing = try InputSizing(
      Pair(both: model), Pair(both: reader.input), options.comparison.inputSize)
    labels = ClassNames(metadata: model.model.metadata)
  }

  /// - Throws: when an option asks for what the graph or the dump does not allow.
  func checkUsage() throws(UsageError) {
    try sizing.check(options.comparison.inputSize)
    if let run = options.run, !dump.runs.indices.contains(run) {
      throw UsageError(
        "--run is \(run), but \(dumpPath) holds \(dump.runs.count) runs, counted from 0")
    }
  }

  /// Runs the graph on one image (or a tensor of several) and judges every run of the dump.
  mutating func compare(
    _ source: ImageSource
  ) throws(Refusal) -> [(report: ImageReport, judgement: Judgement)] {
    let image = try source.prepared(
      for: Pair(both: reader.input), sizing, options.comparison.preprocessing)
    let input = image.tensors.original
    let reading = try Stopwatch().add(to: &inferenceSeconds) { () throws(Refusal) in
      try reader.read(input)
    }
    form = reading.graph.ending.form
    notes = reading.graph.notes
    let judge = DumpJudge(
      path: reading.path, ending: reading.graph.ending, geometry: reading.graph.geometry,
      tensors: reading.tensors, dumpPath: dumpPath,
      rounding: EngineRounding(
        engine: options.engine, significantDigits: dump.significantDigits,
        isPlugin: reading.graph.ending.form == .yoloLayerPlugin),
      options: options.comparison, labels: labels, changed: changed(source, input, reading))
    let found = judge.judge(
      dump, run: options.run, imageCount: input.shape[0], named: source.name, image.frame)
    isComplete = found.isComplete
    evidence = found.evidence
    return found.images.map { report, judgement in
      var report = report
      report.inputShape = input.shape.dimensions
      return (report, judgement)
    }
  }

  /// The head maps that the network would give for an image of the batch after a change.
  private func changed(
    _ source: ImageSource, _ input: Tensor, _ reading: GraphReading
  ) -> @Sendable (NetworkChange, _ image: Int) -> HeadValues? {
    { [reader, sizing, options] change, image in
      let network = reader.network(reading, fed: input, image: image) {
        source.stretched(
          for: Pair(both: reader.input), sizing, options.comparison.preprocessing)
      }
      return network.heads(after: change)
    }
  }
}
