import Detection

/// The rules that turn what was found on one image into its verdict.
struct Judgement {
  /// What a reason is about.
  enum Check: String, CaseIterable {
    /// The graph as it stands.
    case graph
    case cells, candidates, detections, tensors
  }

  /// How reasons call the two sides.
  let names: Pair<String>
  /// Why the sides are different.
  private(set) var differences: [(check: Check, reason: String)] = []
  /// Reasons that say what is wrong, as a diagnosis does.
  private(set) var causes: [DiagnosisReport] = []
  private(set) var notes: [String] = []
  /// Whether anything that could have differed was compared.
  private var hasEvidence = false
  private var doubts: [String] = []
  /// Meanings that nothing shows: they leave nothing equivalent.
  private var assumptions: [String] = []

  init(names: Pair<String> = Pair(original: "the original", patched: "the patched graph")) {
    self.names = names
  }

  var verdict: Verdict {
    Verdict(differs: !differences.isEmpty, agrees: hasEvidence && assumptions.isEmpty)
  }

  /// Why the verdict is not `equivalent`.
  var reasons: [String] {
    switch verdict {
    case .different: differences.map(\.reason)
    case .undecided: doubts + assumptions
    case .equivalent: []
    }
  }

  /// The verdict on each thing of the image that was looked at.
  func checks(_ image: ImageReport) -> [CheckReport] {
    let isPresent: [Check: Bool] = [
      .cells: image.cells != nil, .candidates: image.candidates != nil,
      .detections: image.detections != nil, .tensors: !(image.tensors ?? []).isEmpty,
    ]
    let found = Check.allCases.compactMap { check -> CheckReport? in
      let reasons = differences.filter { $0.check == check }.map(\.reason)
      guard !reasons.isEmpty || isPresent[check] ?? false else { return nil }
      return CheckReport(
        name: check.rawValue, verdict: reasons.isEmpty ? .equivalent : .different,
        reasons: reasons)
    }
    return verdict == .undecided ? CheckReport.failed(doubts + assumptions) : found
  }

  /// - Parameter cause: the diagnosis, where the reason is one.
  mutating func differ(_ reason: String, in check: Check = .graph, cause: String? = nil) {
    differences.append((check, reason))
    if let cause { explain(cause, by: reason) }
  }

  /// Says what is wrong, where a difference has that cause.
  mutating func explain(_ cause: String, by reason: String) {
    guard !causes.contains(where: { $0.ids == [cause] }) else { return }
    causes.append(DiagnosisReport([cause], by: reason))
  }
  /// Whether what differs is numbers of cells and of rows, and neither the graphs as they stand nor
  /// other outputs.
  var concernsNumbersOnly: Bool {
    causes.isEmpty && differences.allSatisfy { ![.graph, .tensors].contains($0.check) }
  }

  /// What differs is rounding, as a run without it has shown.
  mutating func forgive(_ note: String) {
    (differences, causes) = ([], [])
    notes.append(note)
    hasEvidence = true
  }

  /// Something that could have differed was compared elsewhere, and agrees.
  mutating func agree() { hasEvidence = true }
  mutating func note(_ note: String) { notes.append(note) }
  mutating func doubt(_ reason: String) { doubts.append(reason) }
  mutating func assume(_ assumption: Assumption, of path: String) {
    assumptions.append("\(path): \(assumption.text)")
  }

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
      ", by up to \(Figure(cells.maxBoxErrorPx).text) px (allowed \(tolerance.boxText)) "
      + "and \(Figure(cells.maxScoreError).text) in score (allowed "
      + "\(Figure(tolerance.score).text)); the worst\(place ?? "")"
    differ(reason, in: .cells)
  }

  /// Means and extremes over all cells.
  mutating func add(
    _ statistics: StatisticsComparison, cellCount: Int, tolerance: DetectionTolerance
  ) {
    guard statistics.different > 0, let worst = statistics.worst else { return }
    differ(
      "\(statistics.different) of \(statistics.compared) statistics over all \(cellCount) cells "
        + "differ; the furthest: \(worst.name) of \(worst) is \(worst.patched), recorded "
        + "\(worst.original)", in: .cells)
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
      (candidates.missing, "of \(names.original) are missing in \(names.patched)"),
      (candidates.extra, "of \(names.patched) are not in \(names.original)"),
      (candidates.classMismatches, "have another class"),
      (candidates.different, "are further apart than allowed"),
    ]
    for (count, what) in found where count > 0 {
      differ("\(count) candidates \(what)", in: .candidates)
    }
    let left: [(Int, String)] = [
      (detections.missing, "of \(names.original) are missing in \(names.patched)"),
      (detections.extra, "of \(names.patched) are not in \(names.original)"),
      (detections.classMismatches, "have another class"),
      (detections.different, "are further apart than allowed"),
    ]
    for (count, what) in left where count > 0 {
      differ("\(count) detections \(what)", in: .detections)
    }
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
  ///
  /// - Parameter isEvidence: whether their agreement says something of the detections.
  mutating func add(
    _ tensors: TensorComparison, named name: String, tolerance: Double, isEvidence: Bool = true
  ) {
    if tensors.agrees, isEvidence { hasEvidence = true }
    guard tensors.different > 0 else { return }
    let place = tensors.worstIndex.map { "[\($0.map(String.init).joined(separator: ","))]" } ?? ""
    let infinite = tensors.nonFinite > 0 ? ", \(tensors.nonFinite) of them NaN or infinite" : ""
    differ(
      "\(tensors.different) elements of \(name) differ\(infinite), by up to "
        + "\(Figure(tensors.maxAbsoluteError).text) (allowed \(Figure(tolerance).text) times the "
        + "magnitude above 1); the worst at \(place)", in: .tensors)
  }
}
