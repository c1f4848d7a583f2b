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

  /// What two ends made of the same made-up head maps.
  ///
  /// - Parameter maps: how the maps that were fed are arranged.
  /// - Returns: `nil` where the maps are not at hand.
  init?(
    fed found: DetectionEvidence, as maps: [HeadMap], classCount: Int, geometry: DecodeGeometry,
    thresholds: Pair<Float?>, confidence: Float, noise: Double
  ) {
    guard let fed = found.heads?.original,
      let heads = try? HeadValues(
        ReferenceHeads(maps: maps, areThroughSigmoid: false), classCount: classCount,
        in: Dictionary(zip(maps.map(\.name), fed)) { first, _ in first }, image: found.image)
    else { return nil }
    self.init(
      found, heads: heads, geometry: geometry, thresholds: thresholds, confidence: confidence,
      noise: noise)
    skipsNonFinite = true
    // What becomes of NaN, and of numbers on a threshold, is no mistake: cells tell more clearly.
    if found.comparedCells().different > 0 { rows = nil }
  }
}

extension Ending {
  /// The threshold on objectness of the plugin that the graph ends in.
  var pluginThreshold: Float? { form == .yoloLayerPlugin ? ownRule?.threshold : nil }
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
    evidence.facts.impossibleRows = found.candidates.patched.differences.first
    evidence.changed = reference.changed
    return [evidence]
  }
}
