import Detection
import Dumps
import Tensors

/// Holds what an engine wrote against a record, without a graph.
///
/// The tensors are known by their shapes for the recorded network: decoded rows, boxes and scores,
/// head maps, or the outputs of `YoloLayer_TRT`.
///
/// - Parameters:
///   - file: the path of the record.
///   - dumps: paths of what ``Dump`` reads: one that holds all images as a batch, in the record's
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
    let check = GoldenDumpCheck(golden: golden, engine: engine, options: golden.options(options))
    if dumps.count == 1 {
      check.check(read[0], dumps[0], Array(golden.images.indices), &report)
    } else {
      for (index, dump) in read.enumerated() { check.check(dump, dumps[index], [index], &report) }
    }
    report.conclude()
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

  private static let names = Pair(original: "the record", patched: "the dump")

  /// - Parameter images: the recorded images of the dump's batch, in order.
  func check(_ dump: Dump, _ path: String, _ images: [Int], _ report: inout Report) {
    for run in dump.runs {
      for (place, index) in images.enumerated() {
        let image = golden.images[index]
        var found = ImageReport(path: image.name + (run.title.map { " (\($0))" } ?? ""))
        found.inputShape = image.input.shape
        var judgement = Judgement(names: Self.names)
        do {
          try judge(dump, run, image, place, batch: images.count, &report, &found, &judgement)
          found.verdict = judgement.verdict
          found.checks = judgement.checks(found)
          report.reasons += judgement.reasons.map { "\(found.path): \($0)" }
          report.notes += judgement.notes.map { "\(found.path): \($0)" }
        } catch {
          let lines = error.lines.map { "\(path): \($0)" }
          found.checks = CheckReport.failed(lines)
          for line in lines { report.fail(line) }
        }
        report.images.append(found)
      }
    }
  }

  private func judge(
    _ dump: Dump, _ run: Dump.Run, _ image: RecordedImage, _ place: Int, batch: Int,
    _ report: inout Report, _ found: inout ImageReport, _ judgement: inout Judgement
  ) throws(Refusal) {
    let (ending, outputs) = try form(of: run, in: dump, image, batch: batch)
    report.patched.form = ending.form.rawValue
    let geometry = golden.geometry(of: image)
    let side: DetectionSide
    do throws(DetectionError) {
      if case .yoloLayer(let tail) = ending.tail {
        let rows: DumpedRows
        do {
          rows = try DumpedRows(outputs, of: tail)
        } catch {
          throw DetectionError(error.description)
        }
        for note in rows.notes { judgement.note(note) }
        side = DetectionSide(
          rows: rows.tensors, of: ending, image: place, reference: golden.knownCells(of: image))
      } else {
        side = try DetectionSide(ending, outputs.tensors, image: place, geometry: geometry)
      }
    } catch {
      throw Refusal(error.description)
    }
    let rounding = EngineRounding(
      engine: engine, significantDigits: dump.significantDigits,
      isPlugin: ending.form == .yoloLayerPlugin)
    let input = Shape([image.input.shape[2], image.input.shape[3]])
    let tolerance = rounding.tolerance(of: geometry, input: input).overridden(by: options)
    try GoldenJudge(golden: golden, image: image, options: options).judge(
      side, tolerance: tolerance, &found, &judgement)
  }

  /// What the tensors of a run are.
  private func form(
    of run: Dump.Run, in dump: Dump, _ image: RecordedImage, batch: Int
  ) throws(Refusal) -> (Ending, DumpOutputs) {
    let forms = RecordedForm.all(of: image, in: golden, batch: batch)
    for form in forms {
      let outputs = DumpOutputs(
        run.tensors, as: form.outputs, isTyped: dump.format != .trtexecJSON)
      guard outputs.reasons.isEmpty else { continue }
      return (form.ending(outputs.tensors), outputs)
    }
    let held = run.tensors.entries.map {
      "'\($0.name)' \($0.tensor.elementType)\($0.tensor.shape)"
    }
    throw Refusal(
      "holds \(held.joined(separator: ", ")), expected "
        + forms.map(\.title).joined(separator: "; or "))
  }
}
