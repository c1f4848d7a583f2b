import Detection

extension DiagnosisEvidence {
  /// - Parameters:
  ///   - heads: what the original's decode starts from.
  ///   - thresholds: those on objectness that the two sides' plugins have.
  ///   - confidence: the threshold where there is none.
  ///   - noise: how far logits may be apart from rounding alone.
  init(
    _ found: DetectionEvidence, heads: HeadValues, geometry: DecodeGeometry,
    thresholds: Pair<Float?>, confidence: Float, noise: Double
  ) {
    // A plugin that keeps more than is asked for is no difference.
    let threshold =
      thresholds.original ?? min(confidence, thresholds.patched ?? confidence)
    self.init(
      heads: heads, geometry: geometry,
      selection: .init(threshold: Double(threshold), measure: .objectness),
      tolerance: found.tolerance, noise: noise)
    referenceCells = found.cells.original
    cells = found.cells.patched
    rows = found.candidates.patched.isPlugin ? found.candidates.patched.candidates : nil
  }
}

extension DetectionJudge {
  /// What a diagnosis looks at; nothing where the original's head maps are not known.
  ///
  /// - Parameter title: what the input is called in the report.
  func diagnosisEvidence(
    _ found: DetectionEvidence, _ title: String, _ judgement: Judgement
  ) -> [DiagnosisEvidence] {
    guard let reference = sides.original.reference, let heads = reference.heads() else { return [] }
    var evidence = DiagnosisEvidence(
      found, heads: heads, geometry: reference.geometry,
      thresholds: sides.map(\.pluginThreshold), confidence: options.confidence, noise: noise)
    evidence.title = title
    evidence.referenceName = judgement.names.original
    evidence.facts = sides.patched.facts
    evidence.changed = reference.changed
    return [evidence]
  }
}
