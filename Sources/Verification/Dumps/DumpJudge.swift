import BoxMath
import Detection
import Dumps
import Tensors

/// Holds one run of a dump against what the reference gives.
struct DumpJudge {
  /// The reference: where the graph comes from, what it ends in and what its run gave.
  let path: String
  let ending: Ending
  /// `nil` where the graph has no cells.
  let geometry: DecodeGeometry?
  let tensors: [String: Tensor]

  let dumpPath: String
  let rounding: EngineRounding
  let options: ComparisonOptions
  let labels: ClassNames?
  /// The head maps that the network would give for an image of the batch after a change.
  var changed: @Sendable (NetworkChange, _ image: Int) -> HeadValues? = { _, _ in nil }

  private static let names = Pair(original: "the reference", patched: "the dump")

  /// Judges the runs of a dump, image by image.
  ///
  /// - Parameters:
  ///   - run: the only run to look at.
  ///   - imageCount: how many images of the batch count.
  ///   - name: how reports call what was fed.
  /// - Returns: the images, whether all could be compared, and what a diagnosis looks at.
  func judge(
    _ dump: Dump, run: Int?, imageCount: Int, named name: String, _ frame: ImageFrame
  ) -> (
    images: [(report: ImageReport, judgement: Judgement)], isComplete: Bool,
    evidence: [DiagnosisEvidence]
  ) {
    var isComplete = true
    var evidence: [DiagnosisEvidence] = []
    var images: [(report: ImageReport, judgement: Judgement)] = []
    for run in run.map({ [dump.runs[$0]] }) ?? dump.runs {
      let outputs = DumpOutputs(
        run.tensors, as: expectedOutputs, isTyped: dump.format != .trtexecJSON)
      for index in 0..<imageCount {
        let place = imageCount == 1 ? "" : "[\(index)]"
        var report = ImageReport(path: name + place + (run.title.map { " (\($0))" } ?? ""))
        var judgement = Judgement(names: Self.names)
        do {
          evidence += try judge(outputs, index, frame, &report, &judgement)
        } catch {
          isComplete = false
          judgement.doubt("\(dumpPath): \(error)")
        }
        images.append((report, judgement))
      }
    }
    return (images, isComplete, evidence)
  }

  /// - Parameter index: the image's place in the batch.
  /// - Throws: why the dump cannot be compared.
  private func judge(
    _ outputs: DumpOutputs, _ index: Int, _ frame: ImageFrame, _ report: inout ImageReport,
    _ judgement: inout Judgement
  ) throws(Refusal) -> [DiagnosisEvidence] {
    guard let geometry, plainOutputs == nil else {
      judgeTensors(outputs, &report, &judgement)
      return []
    }
    let size = Shape([frame.networkHeight, frame.networkWidth])
    let evidence: [DiagnosisEvidence]
    do {
      var reference = try DetectionSide(ending, tensors, image: index, geometry: geometry)
      reference.reference?.changed = { [changed] in changed($0, index) }
      let judge = DetectionJudge(
        sides: Pair(
          original: reference,
          patched: try side(outputs, index, geometry, reference.cells, &judgement)),
        options: options,
        tolerance: rounding.tolerance(of: geometry, input: size).overridden(by: options),
        noise: rounding.tensorTolerance, labels: labels,
        nonFinite: rounding.isFedHeads ? .mayBeShared : .differs, isOneGraph: true)
      let found = try judge.judge(in: frame, &report, &judgement)
      evidence =
        judgement.verdict == .different
        ? found.map { judge.diagnosisEvidence($0, report.path, judgement) } ?? [] : []
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw Refusal("\(error)")
    }
    if report.cells?.compared == 0 { report.cells = nil }
    // Of the very heads, that no cell gives a row is a result.
    if rounding.isFedHeads, report.candidates?.original == 0 { judgement.agree() }
    return evidence
  }

  /// What the dump tells of one image.
  private func side(
    _ outputs: DumpOutputs, _ index: Int, _ geometry: DecodeGeometry, _ reference: Cells,
    _ judgement: inout Judgement
  ) throws -> DetectionSide {
    if let tail = ending.yoloLayer {
      let rows = try DumpedRows(outputs, of: tail)
      for note in rows.notes { judgement.note(note) }
      return DetectionSide(rows: rows.tensors, of: ending, image: index, reference: reference)
    }
    for name in ending.observedTensors {
      if let reason = outputs.reasons[name] { throw Refusal(reason) }
    }
    return try DetectionSide(ending, outputs.tensors, image: index, geometry: geometry)
  }

  private func judgeTensors(
    _ outputs: DumpOutputs, _ report: inout ImageReport, _ judgement: inout Judgement
  ) {
    let names = expectedOutputs.map(\.name)
    let reference = names.compactMap { name in
      tensors[name].map { OutputPairing.Output(name: name, value: name, tensor: $0) }
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
        "\(dumpPath): '\(shown: entry.name)' \(entry.tensor.shape) is no output of the graph")
    }
    TensorJudge(
      paths: Pair(original: path, patched: dumpPath),
      outputs: Pair(original: reference, patched: dumped),
      tolerance: options.tensorTolerance.map(Double.init) ?? rounding.tensorTolerance,
      requiresAll: false
    ).judge(&report, &judgement)
  }

  /// The outputs that are compared as tensors: of a graph without cells all, and of an NMS plugin its
  /// own, for a dump does not hold what went in.
  private var plainOutputs: [String]? {
    if let suppression = ending.suppression { return suppression.outputs }
    return geometry == nil ? tensors.keys.sorted() : nil
  }

  /// What a dump of this graph is expected to hold, of the sizes that the run gave.
  private var expectedOutputs: [ExpectedOutput] {
    var names = ending.observedTensors
    var rows: [String] = []
    if let plainOutputs {
      names = plainOutputs
    } else if let tail = ending.yoloLayer {
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
  init(
    rows tensors: [String: Tensor], of ending: Ending, image: Int, reference: Cells
  ) {
    let unknown = Cells(
      known: [], layout: reference.layout, classCount: reference.classCount,
      scoring: reference.scoring)
    self.init(
      form: ending.form, ownRule: nil, isPlugin: true, cells: unknown,
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
