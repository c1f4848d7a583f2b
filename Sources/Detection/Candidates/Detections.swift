import BoxMath

/// How candidates become detections.
public struct DetectionRule: Sendable, Equatable {
  /// A detection's score is above this.
  public var confidence: Float
  public var suppression: NonMaximumSuppression

  /// - Parameters:
  ///   - iou: a box is dropped when its IoU with a kept one of its class is above this.
  ///   - maximumCount: the number of detections kept at most.
  public init(confidence: Float, iou: Float, maximumCount: Int) {
    self.confidence = confidence
    suppression = NonMaximumSuppression(iouThreshold: iou, maximumCount: maximumCount)
  }
}

extension CandidateSet {
  /// What is detected: candidates whose score is above the confidence, less those suppressed;
  /// highest score first, ties in the order of the cells.
  package func detections(_ rule: DetectionRule) -> [DetectedObject] {
    let scored = candidates.filter { $0.score > rule.confidence }
    let kept = rule.suppression(
      boxes: scored.map(\.boxInNetworkPixels), scores: scored.map(\.score),
      classes: scored.map(\.classIndex))
    return kept.map { index in
      let candidate = scored[index]
      return DetectedObject(
        boxInNetworkPixels: candidate.boxInNetworkPixels, score: candidate.score,
        classIndex: candidate.classIndex,
        cell: candidate.cell.flatMap { cell in cells.map { $0.layout[cell] } })
    }
  }
}

extension DetectionComparison {
  /// Brings two graphs' detections together: by the cell they come from, then by class and overlap.
  ///
  /// - Parameter candidates: the matching of the candidates they were chosen from. Where a cell's
  ///   candidates agree, that the detections do not can only follow from values that rounding
  ///   decides, or from another candidate, and is counted as ambiguous.
  package init(
    original: [DetectedObject], patched: [DetectedObject], candidates: CandidateMatching,
    tolerance: DetectionTolerance
  ) {
    self.init()
    self.original = original
    self.patched = patched
    var partner = partnersByCell()
    var open = Set(patched.indices).subtracting(partner.compactMap { $0 }).sorted()
    for i in original.indices where partner[i] == nil {
      guard let j = closest(to: original[i], among: open) else { continue }
      partner[i] = j
      open.removeAll { $0 == j }
    }
    for i in original.indices {
      pairs.append(IndexPair(original: i, patched: partner[i]))
      if let j = partner[i] {
        judge(original[i], patched[j], candidates, tolerance)
      } else if candidates.explains(original[i]) {
        ambiguous += 1
      } else {
        missing += 1
      }
    }
    for j in open {
      pairs.append(IndexPair(original: nil, patched: j))
      if candidates.explains(patched[j]) { ambiguous += 1 } else { extra += 1 }
    }
  }

  /// For each of the original's detections, the patched graph's of the same cell.
  private func partnersByCell() -> [Int?] {
    let places = Dictionary(
      patched.enumerated().compactMap { place, detection in detection.cell.map { ($0, place) } },
      uniquingKeysWith: { first, _ in first })
    return original.map { $0.cell.flatMap { places[$0] } }
  }

  /// The patched graph's detection of the same class that overlaps one of the original's most.
  private func closest(to detection: DetectedObject, among open: [Int]) -> Int? {
    let overlaps = open.filter { patched[$0].classIndex == detection.classIndex }
      .map { (place: $0, overlap: patched[$0].overlap(with: detection)) }
    guard let best = overlaps.max(by: { $0.overlap < $1.overlap }) else { return nil }
    return best.overlap >= Self.sameObjectOverlap ? best.place : nil
  }

  /// Overlap from which two boxes of different cells count as the same object.
  private static let sameObjectOverlap: Float = 0.5

  private mutating func judge(
    _ a: DetectedObject, _ b: DetectedObject, _ candidates: CandidateMatching,
    _ tolerance: DetectionTolerance
  ) {
    matched += 1
    let isExplained = candidates.explains(a) && candidates.explains(b)
    if isExplained, a.cell != b.cell || a.classIndex != b.classIndex {
      ambiguous += 1
      return
    }
    let boxError = a.boxInNetworkPixels.largestDifference(from: b.boxInNetworkPixels)
    let scoreError = abs(a.score - b.score)
    // What a rule lets agree among the candidates need not be a number.
    if isExplained, !boxError.isFinite || !scoreError.isFinite { return }
    if boxError.isFinite { maxBoxErrorPx = max(maxBoxErrorPx, boxError) }
    if scoreError.isFinite { maxScoreError = max(maxScoreError, scoreError) }
    if a.classIndex != b.classIndex { classMismatches += 1 }
    let allowed = tolerance.allowed(for: a.boxInNetworkPixels)
    if !(boxError <= allowed && scoreError <= tolerance.score) { different += 1 }
  }
}

extension DetectedObject {
  fileprivate func overlap(with other: DetectedObject) -> Float {
    boxInNetworkPixels.intersectionOverUnion(with: other.boxInNetworkPixels)
  }
}
