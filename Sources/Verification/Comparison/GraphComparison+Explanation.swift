import Detection
import ONNXGraph
import Operators
import Tensors

extension ReadingPairs {
  /// The cells that two graphs made of one image.
  init(_ found: DetectionEvidence, _ frame: ImageFrame) {
    self.init(
      original: found.candidates.original, patched: found.candidates.patched,
      cells: (found.cells.original, found.cells.patched),
      different: found.comparedCells().differentCells, networkWidth: frame.networkWidth,
      networkHeight: frame.networkHeight, tolerance: found.tolerance)
  }
}

extension GraphComparison {
  /// Adds to a report what would explain that the graphs differ, or are not comparable.
  ///
  /// - Parameter known: what is known to be the cause, for which no other is looked for.
  func explain(_ report: inout Report, known: [DiagnosisReport] = []) {
    // Where the cells agree, what stands behind them is all that is wrong.
    let known = known.isEmpty && cellsAgree == true ? causes : known
    guard known.isEmpty else {
      report.diagnosis = known
      return
    }
    report.explain(evidence)
    if report.diagnosis ?? [] == [],
      let found = readings.flatMap({ ReadingDiagnosis($0).diagnose() })
    {
      report.diagnosis = [
        DiagnosisReport(
          ids: found.ids, explains: Figure((found.explains * 1e4).rounded(.down) / 1e4),
          text: "explained by: \(found.text)")
      ]
    }
    report.diagnosis = StructuralDiagnosis(models).found + (report.diagnosis ?? [])
    guard report.diagnosis == [], report.verdict == .different else { return }
    if !causes.isEmpty {
      report.diagnosis = causes
      return
    }
    if let reason = outputThatIsTheSame() {
      report.diagnosis = [
        DiagnosisReport(ids: ["constant-output"], explains: 1, text: "explained by: \(reason)")
      ]
      return
    }
    if let found = networkTrial?.diagnose() {
      report.diagnosis = [found]
      return
    }
    let layers = report.drift?.namedLayers ?? []
    guard !layers.isEmpty else { return }
    report.diagnosis = [
      DiagnosisReport(
        ids: ["weights"], explains: 0,
        text: "nothing else explains it; most is added by " + layers.joined(separator: "; "))
    ]
  }

  /// What is known of the patched graph without looking at numbers, with what its ending tells.
  func facts(_ facts: DiagnosisFacts, _ pair: PreparedPair) -> DiagnosisFacts {
    var facts = facts
    facts.sharesNetwork = !OperatorTable.accumulates(anyOf: joint.unsharedOperators)
    facts.narrowTypes = narrowTypes(pair)
    facts.changes = NetworkChange.between(models.map(\.model), joint)
    return facts
  }

  /// The 16-bit types that the patched graph computes in, or has its weights in, and the original not.
  func narrowTypes(_ pair: PreparedPair) -> [NarrowType] {
    var types: [NarrowType] = []
    let stored = pair.storedPrecisions
    if stored.original != stored.patched {
      types = NarrowType.allCases.filter { $0.rawValue == stored.patched.rawValue }
    }
    let weights = models.map { $0.model.weightTypes }
    return types + weights.patched.filter { !types.contains($0) && !weights.original.contains($0) }
  }

  /// A way to run the original's network again with a change.
  func network(
    _ source: ImageSource, _ image: PreparedImage, _ index: Int, _ pair: PreparedPair
  ) -> ReferenceNetwork {
    ReferenceNetwork(
      model: models.original, input: inputs.original, ending: pair.endings.original,
      tensor: image.tensors.original, image: index, team: team, convolution: options.convolution
    ) { [inputs, sizing, options] in
      source.stretched(for: inputs, sizing, options.preprocessing)
    }
  }
}
