import Detection
import Dumps
import Tensors

/// Holds what an engine wrote against a record, without a graph.
///
/// The tensors are known by their shapes for the recorded network: decoded rows, boxes and scores,
/// head maps, or the outputs of `YoloLayer_TRT` or an NMS plugin.
///
/// - Parameters:
///   - file: the path of the record.
///   - dumps: paths of what `Dump` reads: one that holds all images as a batch, in the record's
///     order, or one for each image.
///   - engine: what the engine computes in.
///   - options: of these, the tolerances count; the record holds the rest.
/// - Throws: ``UsageError`` when the number of dumps does not go with the record.
public func checkGolden(
  _ file: String, outputs dumps: [String], engine: EnginePrecision = .fp32,
  options: ComparisonOptions = ComparisonOptions()
) throws(UsageError) -> Report {
  let stopwatch = Stopwatch()
  var report = Report(
    verdict: .undecided, original: GraphReport(path: file),
    patched: GraphReport(path: dumps.joined(separator: ", ")))
  report.dump = DumpReport(engine: engine)
  do {
    let golden = try Golden(contentsOfFile: file)
    report.describe(golden)
    guard dumps.count == 1 || dumps.count == golden.images.count else {
      throw UsageError(
        "\(dumps.count) dumps are given, expected one, or one for each of the record's "
          + "\(golden.images.count) images")
    }
    let read = try dumps.map { try Dump(contentsOf: $0) }
    report.dump?.format = read[0].format.rawValue
    report.dump?.significantDigits = read[0].significantDigits
    report.timings.loadSeconds = stopwatch.total
    var check = GoldenDumpCheck(golden: golden, engine: engine, options: golden.options(options))
    if dumps.count == 1 {
      check.check(read[0], dumps[0], Array(golden.images.indices), &report)
    } else {
      for (index, dump) in read.enumerated() { check.check(dump, dumps[index], [index], &report) }
    }
    report.conclude()
    if report.verdict == .different { report.explainFromRecord([check.evidence]) }
  } catch let usage as UsageError {
    throw usage
  } catch {
    report.fail("\(error)")
  }
  report.timings.totalSeconds = stopwatch.total
  return report
}

private struct GoldenDumpCheck {
  let golden: Golden
  let engine: EnginePrecision
  let options: ComparisonOptions
  /// What a diagnosis looks at, of each image on which the dump differs.
  private(set) var evidence: [DiagnosisEvidence] = []

  private static let names = Pair(original: "the record", patched: "the dump")

  /// - Parameter images: the recorded images of the dump's batch, in order.
  mutating func check(_ dump: Dump, _ path: String, _ images: [Int], _ report: inout Report) {
    for run in dump.runs {
      for (place, index) in images.enumerated() {
        let image = golden.images[index]
        var found = ImageReport(path: image.name + (run.title.map { " (\($0))" } ?? ""))
        found.inputShape = image.input.shape
        var judgement = Judgement(names: Self.names)
        do {
          try judge(dump, run, image, place, batch: images.count, &report, &found, &judgement)
          report.add(found, judgement)
        } catch {
          report.add(found, failed: error.lines.map { "\(path): \($0)" })
        }
      }
    }
  }

  private mutating func judge(
    _ dump: Dump, _ run: Dump.Run, _ image: RecordedImage, _ place: Int, batch: Int,
    _ report: inout Report, _ found: inout ImageReport, _ judgement: inout Judgement
  ) throws(Refusal) {
    let (reading, outputs) = try form(of: run, in: dump, image, batch: batch)
    let judge = GoldenJudge(golden: golden, image: image, options: options)
    do {
      switch reading {
      case .ending(let ending):
        report.patched.form = ending.form.rawValue
        let side = try side(ending, outputs, image, place, &judgement)
        let isPlugin = ending.givesOutCandidates
        let judged = try judge.judge(
          side, tolerance: tolerance(of: dump, image, isPlugin: isPlugin), &found, &judgement)
        if let judged, judgement.verdict == .different {
          let rounding = EngineRounding(
            engine: engine, significantDigits: dump.significantDigits, isPlugin: isPlugin)
          evidence += judge.diagnosisEvidence(
            judged, side, found.path, noise: rounding.tensorTolerance, narrowTypes: [.float16])
        }
      case .suppressed(let rows):
        report.patched.form = rows.form.rawValue
        try rows.judge(
          outputs.tensors, place, of: image, in: golden, options: options,
          tolerance: tolerance(of: dump, image, isPlugin: false), &found, &judgement)
      }
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw Refusal("\(error)")
    }
  }

  private func side(
    _ ending: Ending, _ outputs: DumpOutputs, _ image: RecordedImage, _ place: Int,
    _ judgement: inout Judgement
  ) throws(DetectionError) -> DetectionSide {
    guard let tail = ending.yoloLayer else {
      return try DetectionSide(
        ending, outputs.tensors, image: place, geometry: golden.geometry(of: image))
    }
    let rows: DumpedRows
    do {
      rows = try DumpedRows(outputs, of: tail)
    } catch {
      throw DetectionError(error.description)
    }
    for note in rows.notes { judgement.note(note) }
    return DetectionSide(
      rows: rows.tensors, of: ending, image: place, reference: golden.knownCells(of: image))
  }

  /// What the engine's arithmetic and the file's digits allow, and at least what the record does
  /// where the engine computes in float32.
  private func tolerance(
    of dump: Dump, _ image: RecordedImage, isPlugin: Bool
  ) -> DetectionTolerance {
    let rounding = EngineRounding(
      engine: engine, significantDigits: dump.significantDigits, isPlugin: isPlugin)
    var tolerance = rounding.tolerance(
      of: golden.geometry(of: image), input: Shape([image.input.shape[2], image.input.shape[3]]))
    if engine == .fp32 {
      tolerance.boxPx = max(tolerance.boxPx, image.tolerance.boxPx)
      tolerance.score = max(tolerance.score, image.tolerance.score)
    }
    return tolerance.overridden(by: options)
  }

  /// What the tensors of a run are.
  private func form(
    of run: Dump.Run, in dump: Dump, _ image: RecordedImage, batch: Int
  ) throws(Refusal) -> (RecordedForm.Reading, DumpOutputs) {
    let forms = RecordedForm.all(of: image, in: golden, batch: batch, among: run.tensors)
    for form in forms {
      let outputs = DumpOutputs(
        run.tensors, as: form.outputs, isTyped: dump.format != .trtexecJSON)
      guard outputs.reasons.isEmpty else { continue }
      return (form.reading(outputs.tensors), outputs)
    }
    let held = run.tensors.entries.map {
      "'\(shown: $0.name)' \($0.tensor.elementType)\($0.tensor.shape)"
    }
    throw Refusal(
      "holds \(held.joined(separator: ", ")), expected "
        + forms.map(\.title).joined(separator: "; or "))
  }
}
