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

  private static let names = Pair(original: "the reference", patched: "the dump")

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
    let runs = options.run.map { [dump.runs[$0]] } ?? dump.runs
    var found: [(report: ImageReport, judgement: Judgement)] = []
    for run in runs {
      let outputs = DumpOutputs(
        run.tensors, as: reading.expectedOutputs, isTyped: dump.format != .trtexecJSON)
      for index in 0..<input.shape[0] {
        let place = input.shape[0] == 1 ? "" : "[\(index)]"
        var report = ImageReport(
          path: source.name + place + (run.title.map { " (\($0))" } ?? ""))
        report.inputShape = input.shape.dimensions
        var judgement = Judgement(names: Self.names)
        do {
          try judge(reading, outputs, index, image.frame, &report, &judgement)
        } catch {
          isComplete = false
          judgement.doubt("\(dumpPath): \(error)")
        }
        report.verdict = judgement.verdict
        found.append((report, judgement))
      }
    }
    return found
  }

  /// - Throws: why the dump cannot be compared.
  private func judge(
    _ reading: GraphReading, _ outputs: DumpOutputs, _ index: Int, _ frame: ImageFrame,
    _ report: inout ImageReport, _ judgement: inout Judgement
  ) throws(Refusal) {
    let rounding = EngineRounding(
      engine: options.engine, significantDigits: dump.significantDigits,
      isPlugin: reading.graph.ending.pluginThreshold != nil)
    guard let geometry = reading.graph.geometry else {
      judgeTensors(reading, outputs, rounding, &report, &judgement)
      return
    }
    let reference = try reading.side(of: index)
    let dumped = try side(reading, geometry, outputs, index, reference, &judgement)
    let shape = Shape([frame.networkHeight, frame.networkWidth])
    do {
      try DetectionJudge(
        sides: Pair(original: reference, patched: dumped), options: options.comparison,
        tolerance: rounding.tolerance(of: geometry, input: shape)
          .overridden(by: options.comparison), labels: labels
      ).judge(in: frame, &report, &judgement)
    } catch {
      throw Refusal(error.description)
    }
    if report.cells?.compared == 0 { report.cells = nil }
  }

  /// What the dump tells of one image.
  private func side(
    _ reading: GraphReading, _ geometry: DecodeGeometry, _ outputs: DumpOutputs, _ index: Int,
    _ reference: DetectionSide, _ judgement: inout Judgement
  ) throws(Refusal) -> DetectionSide {
    let ending = reading.graph.ending
    if case .yoloLayer(let tail) = ending.tail {
      let rows = try DumpedRows(outputs, of: tail)
      for note in rows.notes { judgement.note(note) }
      return DetectionSide(
        rows: rows.tensors, of: ending, image: index, reference: reference.cells)
    }
    for name in ending.observedTensors {
      if let reason = outputs.reasons[name] { throw Refusal(reason) }
    }
    do {
      return try DetectionSide(ending, outputs.tensors, image: index, geometry: geometry)
    } catch {
      throw Refusal(error.description)
    }
  }

  private func judgeTensors(
    _ reading: GraphReading, _ outputs: DumpOutputs, _ rounding: EngineRounding,
    _ report: inout ImageReport, _ judgement: inout Judgement
  ) {
    let names = reading.expectedOutputs.map(\.name)
    let reference = names.compactMap { name in
      reading.tensors[name].map { OutputPairing.Output(name: name, value: name, tensor: $0) }
    }
    let dumped = names.compactMap { name in
      outputs.tensors[name].map { tensor in
        OutputPairing.Output(
          name: outputs.named.contains(name) ? name : "\(name) of the dump", value: "",
          tensor: tensor)
      }
    }
    for entry in outputs.unknown {
      judgement.note(
        "\(dumpPath): '\(entry.name)' \(entry.tensor.shape) is no output of the graph")
    }
    TensorJudge(
      paths: Pair(original: reading.path, patched: dumpPath),
      outputs: Pair(original: reference, patched: dumped),
      tolerance: options.comparison.tensorTolerance.map(Double.init) ?? rounding.tensorTolerance
    ).judge(&report, &judgement)
  }
}

extension GraphReading {
  /// What a dump of this graph is expected to hold, of the sizes that the run gave.
  fileprivate var expectedOutputs: [ExpectedOutput] {
    let ending = graph.ending
    var names = ending.observedTensors
    var rows: [String] = []
    if graph.geometry == nil {
      names = tensors.keys.sorted()
    } else if case .yoloLayer(let tail) = ending.tail {
      names = tail.outputs
      rows = Array(tail.outputs[1...])
    }
    return names.compactMap { name in
      tensors[name].map { tensor in
        ExpectedOutput(
          name: name, description: TensorDescription(tensor.elementType, tensor.shape),
          holdsRows: rows.contains(name))
      }
    }
  }
}

extension DetectionSide {
  /// Rows of a plugin without the maps they come from: cells are known by the reference's.
  fileprivate init(
    rows tensors: [String: Tensor], of ending: Ending, image: Int, reference: Cells
  ) {
    let unknown = Cells(
      known: [], layout: reference.layout, classCount: reference.classCount,
      scoring: reference.scoring)
    self.init(
      form: ending.form, threshold: nil, isPlugin: true, cells: unknown,
      candidates: { (rule, tolerance) throws(DetectionError) in
        // An engine's objectness may reach the threshold where the reference's does not.
        let found = try ending.candidates(
          in: tensors, image: image, cells: reference, rule: rule, tolerance: tolerance,
          slack: tolerance.score)
        return CandidateSet(
          candidates: found.candidates, cells: unknown, isPlugin: true,
          differences: found.differences)
      })
  }
}
