import Detection

extension Golden {
  /// A recorded image as one side of a comparison.
  ///
  /// Its cells are the sample; where a rule asks for more, the candidates' are known, too.
  func side(of image: RecordedImage) -> DetectionSide {
    let known = knownCells(of: image)
    let isPlugin = model.form == .yoloLayerPlugin
    var side = DetectionSide(
      form: model.form,
      ownRule: CandidateRule(
        forms: [model.form], own: [], confidence: thresholds.candidates),
      isPlugin: isPlugin, cells: cells(image.sample, of: image)
    ) { rule, _ in
      let reaching = image.candidates.filter { candidate in
        let measure =
          rule.measure == .objectness
          ? candidate.objectness ?? candidate.candidate.score : candidate.candidate.score
        return measure >= rule.threshold
      }
      return CandidateSet(
        candidates: reaching.map(\.candidate), cells: known, isPlugin: isPlugin)
    }
    side.known = known
    side.suppressed = suppressed(image)
    return side
  }

  /// The cells of an image of which the record holds something: the sample and the candidates.
  func knownCells(of image: RecordedImage) -> Cells {
    let sampled = Set(image.sample.map(\.cell))
    return cells(
      image.sample
        + image.candidates.filter { !sampled.contains($0.cell) }.map {
          $0.known(classCount: classCount)
        }, of: image)
  }

  private func cells(_ known: [KnownCell], of image: RecordedImage) -> Cells {
    Cells(
      known: known, layout: image.layout, classCount: classCount, scoring: decode.scoring)
  }

  /// How an image's head maps are decoded.
  func geometry(of image: RecordedImage) -> DecodeGeometry {
    DecodeGeometry(layout: image.layout, scales: decode.scales)
  }

  /// The names of the classes, as far as there are any.
  var labels: ClassNames? {
    let names = classNames.enumerated().compactMap { index, name in name.map { (index, $0) } }
    return names.isEmpty ? nil : ClassNames(Dictionary(uniqueKeysWithValues: names))
  }
}

extension RecordedCandidate {
  /// The cell with what is known of its classes: the best and the next; none is above 0 where the
  /// best is not.
  fileprivate func known(classCount: Int) -> KnownCell {
    let rest: Float = probability > 0 ? .nan : 0
    var scores = [Float](repeating: rest, count: classCount)
    if candidate.classIndex >= 0 { scores[candidate.classIndex] = probability }
    if let next { scores[next.classIndex] = next.probability }
    return KnownCell(
      cell: cell, boxInNetworkPixels: candidate.boxInNetworkPixels, objectness: objectness,
      classScores: scores)
  }
}
