import Detection

extension GoldenJudge {
  /// What a diagnosis looks at where an image differs: the record's numbers stand for the head maps
  /// they were decoded from.
  ///
  /// - Parameters:
  ///   - side: what is held against the record.
  ///   - noise: how far logits may be apart from rounding alone.
  ///   - narrowTypes: the 16-bit types that the side may be computed in.
  /// - Returns: nothing where the record does not tell how it was decoded.
  func diagnosisEvidence(
    _ found: DetectionEvidence, _ side: DetectionSide, _ title: String, noise: Double,
    narrowTypes: [NarrowType]
  ) -> [DiagnosisEvidence] {
    let geometry = golden.geometry(of: image)
    guard let heads = HeadValues(knownFrom: golden.knownCells(of: image), geometry) else {
      return []
    }
    var evidence = DiagnosisEvidence(
      found, heads: heads, geometry: geometry,
      thresholds: Pair(original: golden.pluginThreshold, patched: side.pluginThreshold),
      confidence: options.confidence, noise: noise)
    evidence.title = title
    evidence.referenceName = Self.names.original
    evidence.referenceCells = nil
    let sampled = image.sample.map(\.cell).filter(side.cells.knows)
    evidence.cells =
      sampled.isEmpty
      ? nil
      : Cells(
        known: sampled.map(side.cells.known), layout: side.cells.layout,
        classCount: side.cells.classCount, scoring: side.cells.scoring)
    evidence.rows = found.candidates.patched.candidates
    evidence.rowsFollowPlugin = side.isPlugin
    evidence.facts = side.facts
    evidence.facts.narrowTypes = narrowTypes
    return [evidence]
  }

  /// The same, where the record may be what the graph gives after a change to its network.
  ///
  /// - Parameter network: the graph as it was run.
  func networkEvidence(
    _ found: DetectionEvidence, _ side: DetectionSide, _ network: ReferenceNetwork?, noise: Double
  ) -> [DiagnosisEvidence] {
    guard let network, let heads = side.reference?.heads() else { return [] }
    var evidence = DiagnosisEvidence(
      found, heads: heads, geometry: golden.geometry(of: image),
      thresholds: Pair(original: side.pluginThreshold, patched: golden.pluginThreshold),
      confidence: options.confidence, noise: noise)
    let recorded = golden.side(of: image)
    evidence.referenceCells = nil
    evidence.cells = recorded.cells
    evidence.rows = nil
    evidence.facts.narrowTypes = []
    evidence.changed = { network.heads(after: $0) }
    return [evidence]
  }
}

extension Golden {
  /// The threshold on objectness of the recorded plugin.
  var pluginThreshold: Float? { model.form == .yoloLayerPlugin ? thresholds.plugin : nil }
}

extension Report {
  /// Adds what explains that a graph or a dump differs from a record.
  ///
  /// - Parameters:
  ///   - evidence: kinds of evidence, the clearest first; the first that explains something counts.
  ///   - network: of the graph's network against the record, in place of the original's.
  mutating func explainFromRecord(
    _ evidence: [[DiagnosisEvidence]], network: [DiagnosisEvidence] = []
  ) {
    for kind in evidence where !kind.isEmpty {
      explain(kind)
      if diagnosis?.isEmpty == false { return }
    }
    for evidence in network {
      let found = (Diagnoser(evidence)?.diagnose() ?? []).filter { found in
        found.ids.allSatisfy { NetworkChange.ids.contains($0) }
      }
      guard !found.isEmpty else { continue }
      diagnosis = found.map { DiagnosisReport(ofRecord: $0) }
      return
    }
  }
}

extension DiagnosisReport {
  /// - Parameter diagnosis: the change to the graph's network by which it gives what is recorded: the
  ///   mistake is its opposite.
  fileprivate init(ofRecord diagnosis: Diagnosis) {
    self.init(diagnosis)
    let opposites = [
      "input-not-scaled": ("input-scaled-twice", "the input is divided by 255 once too often"),
      "input-scaled-twice": ("input-not-scaled", "the input is not divided by 255"),
      "rgb-bgr": ("rgb-bgr", "red and blue exchanged in the input"),
    ]
    guard let (id, text) = ids.first.flatMap({ opposites[$0] }) else {
      text = "what is recorded is what the graph gives with a change: \(diagnosis.text)"
      return
    }
    self.init([id], share: explains.value, by: text)
  }
}
