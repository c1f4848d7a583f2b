import Detection

/// The rules that turn what was found on one image into its verdict.
struct Judgement {
  /// Why the graphs are different.
  private(set) var differences: [String] = []
  private(set) var notes: [String] = []
  /// Whether anything that could have differed was compared.
  private var hasEvidence = false
  private var doubts: [String] = []

  var verdict: Verdict {
    if !differences.isEmpty { return .different }
    return hasEvidence ? .equivalent : .undecided
  }

  /// Why the verdict is not `equivalent`.
  var reasons: [String] {
    switch verdict {
    case .different: differences
    case .undecided: doubts
    case .equivalent: []
    }
  }

  mutating func differ(_ reason: String) { differences.append(reason) }
  mutating func note(_ note: String) { notes.append(note) }
  mutating func doubt(_ reason: String) { doubts.append(reason) }

  /// Every cell of the heads.
  mutating func add(_ cells: CellComparison, tolerance: DetectionTolerance) {
    if cells.agrees { hasEvidence = true }
    guard cells.different > 0 else { return }
    let place = cells.worst.map { worst in
      " at \(worst)" + (cells.worstClass.map { ", class \($0)" } ?? "")
    }
    var reason = "\(cells.different) of \(cells.compared) cells differ"
    if cells.nonFinite > 0 { reason += ", \(cells.nonFinite) of them by NaN or infinity" }
    reason +=
      ", by up to \(Figure(cells.maxBoxErrorPx).text) px (allowed \(Figure(tolerance.boxPx).text)) "
      + "and \(Figure(cells.maxScoreError).text) in score (allowed "
      + "\(Figure(tolerance.score).text)); the worst\(place ?? "")"
    differ(reason)
  }

  /// What passes the threshold and what suppression leaves of it.
  ///
  /// - Parameter cellsAgree: whether every cell was compared and found to agree.
  mutating func add(
    _ candidates: CandidateComparison, _ detections: DetectionComparison, cellsAgree: Bool
  ) {
    if candidates.original > 0 || candidates.patched > 0 {
      hasEvidence = hasEvidence || candidates.agrees
    } else if cellsAgree {
      note("no object was seen; the cells agree")
    } else {
      doubt("no candidate on either side and no cells to compare: the image proves nothing")
    }
    let found: [(Int, String)] = [
      (candidates.nonFinite, "hold NaN or infinity"),
      (candidates.missing, "of the original are missing in the patched graph"),
      (candidates.extra, "of the patched graph are not in the original"),
      (candidates.classMismatches, "have another class"),
      (candidates.different, "are further apart than allowed"),
    ]
    for (count, what) in found where count > 0 { differ("\(count) candidates \(what)") }
    let left: [(Int, String)] = [
      (detections.missing, "of the original are missing in the patched graph"),
      (detections.extra, "of the patched graph are not in the original"),
      (detections.classMismatches, "have another class"),
      (detections.different, "are further apart than allowed"),
    ]
    for (count, what) in left where count > 0 { differ("\(count) detections \(what)") }
    noteWhatDecidesNothing(candidates, detections)
  }

  private mutating func noteWhatDecidesNothing(
    _ candidates: CandidateComparison, _ detections: DetectionComparison
  ) {
    if candidates.specified > 0 {
      note(
        "\(candidates.specified) candidates differ as the plugin and Ultralytics' post-processing "
          + "do by definition")
    }
    if candidates.ambiguous > 0 {
      note(
        "\(candidates.ambiguous) candidates are so close to a threshold or to another class that "
          + "rounding may decide")
    }
    if detections.ambiguous > 0 {
      note("\(detections.ambiguous) detections differ because of such candidates")
    }
  }

  /// A pair of outputs that are no detections.
  mutating func add(_ tensors: TensorComparison, named name: String, tolerance: Double) {
    if tensors.agrees { hasEvidence = true }
    guard tensors.different > 0 else { return }
    let place = tensors.worstIndex.map { "[\($0.map(String.init).joined(separator: ","))]" } ?? ""
    let infinite = tensors.nonFinite > 0 ? ", \(tensors.nonFinite) of them NaN or infinite" : ""
    differ(
      "\(tensors.different) elements of \(name) differ\(infinite), by up to "
        + "\(Figure(tensors.maxAbsoluteError).text) (allowed \(Figure(tolerance).text) times the "
        + "magnitude above 1); the worst at \(place)")
  }
}

extension Verdict {
  /// What several images come to: different if one is, else equivalent if one is.
  init(of images: [Verdict]) {
    self =
      images.contains(.different)
      ? .different : images.contains(.equivalent) ? .equivalent : .undecided
  }
}
