import BoxMath
import Detection
import Kernels
import Tensors

/// Compares two sides' cells, candidates and detections on one image.
struct DetectionJudge {
  let sides: Pair<DetectionSide>
  let options: ComparisonOptions
  let tolerance: DetectionTolerance
  /// How far logits may be apart from rounding alone, times their magnitude above 1.
  var noise = 0.0
  let labels: ClassNames?
  /// What compares the cells.
  var team = ThreadTeam(threadCount: 1)
  /// What a NaN means: an image may give none, made-up heads hold some.
  var nonFinite = NonFiniteRule.differs
  /// Whether both sides are of one graph, whose threshold is no difference then.
  var isOneGraph = false
  /// Whether detections that are lost to a limit count.
  var judgesLimits = true

  /// - Parameter frame: where the picture lies in the network's input.
  /// - Returns: what was judged; `nil` where the cells cannot be compared.
  @discardableResult
  func judge(
    in frame: ImageFrame, _ report: inout ImageReport, _ judgement: inout Judgement
  ) throws(DetectionError) -> DetectionEvidence? {
    report.tolerances = tolerance
    if !isOneGraph { judgeThresholds(&judgement) }
    let cells = sides.map(\.cells)
    if let reason = cells.original.incomparability(with: cells.patched) {
      judgement.doubt(reason)
      return nil
    }
    let evidence = try DetectionEvidence(
      sides, confidence: options.confidence, tolerance: tolerance, nonFinite: nonFinite,
      team: team)
    let comparedCells = evidence.comparedCells(on: team)
    report.cells = CellsReport(comparedCells)
    judgement.add(comparedCells, tolerance: tolerance)

    for set in evidence.candidates.both {
      for difference in set.differences { judgement.differ(difference, in: .candidates) }
    }
    let matching = evidence.matchedCandidates(judgesLimits: judgesLimits)
    let detectionRule = DetectionRule(
      confidence: options.confidence, iou: options.iou, maximumCount: options.maximumDetections)
    var objects = evidence.candidates.map { $0.detections(detectionRule) }
    var specified: Int?
    if let suppression = SuppressionJudge(
      sides, detectionRule, tolerance, labels, judgesLimits: judgesLimits)
    {
      let found = try suppression.judge(ultralytics: objects, &judgement)
      (objects, specified) = (found.objects, found.specified)
    }
    var detections = DetectionComparison(
      original: objects.original, patched: objects.patched, candidates: matching,
      tolerance: tolerance)
    detections.specified = specified
    if judgesLimits, let limit = evidence.candidates.patched.rowLimit, detections.missing > 0 {
      let lost = detections.pairs.count { pair in
        pair.patched == nil
          && pair.original.map { detections.original[$0].score <= limit + tolerance.score } ?? false
      }
      if lost > 0 {
        judgement.explain(
          "max-output-boxes",
          by: "\(lost) detections are beyond the last row that \(judgement.names.patched) keeps")
      }
    }
    report.candidates = CandidatesReport(matching.comparison, labels: labels)
    report.detections = DetectionsReport(detections, labels: labels, frame: frame)
    judgement.add(matching.comparison, detections, cellsAgree: comparedCells.agrees)
    if judgement.verdict == .different {
      let groups = DifferenceReport.groups(
        evidence, cellsDiffer: comparedCells.different > 0,
        scales: sides.original.reference?.geometry.scales)
      report.differences = groups.isEmpty ? nil : groups
    }
    return evidence
  }

  private func judgeThresholds(_ judgement: inout Judgement) {
    for (name, side) in judgement.names.with(sides).both {
      guard let rule = side.ownRule, rule.threshold != options.confidence else { continue }
      let threshold = rule.threshold
      let measure = rule.measure == .objectness ? "objectness" : "scores"
      let found = "\(name)'s plugin drops \(measure) below \(threshold)"
      if threshold > options.confidence {
        let isIoU =
          threshold == options.iou
          && side.suppressed?.plugin.suppression.suppression.iouThreshold == options.confidence
        judgement.differ(
          found + ", above the confidence \(options.confidence) that is asked for",
          in: .candidates, cause: isIoU ? "thresholds-exchanged" : "threshold-value")
      } else {
        judgement.note(found + ", the confidence asked for is \(options.confidence)")
      }
    }
  }
}

extension CellsReport {
  fileprivate init(_ comparison: CellComparison) {
    self.init()
    compared = comparison.compared
    different = comparison.different
    maxBoxErrorPx = Figure(comparison.maxBoxErrorPx)
    maxScoreError = Figure(comparison.maxScoreError)
    worst = comparison.worst
    worstClass = comparison.worstClass
  }
}

extension CandidatesReport {
  /// Findings that a report lists.
  private static let findingLimit = 20

  fileprivate init(_ comparison: CandidateComparison, labels: ClassNames?) {
    self.init()
    original = comparison.original
    patched = comparison.patched
    matched = comparison.matched
    missing = comparison.missing
    extra = comparison.extra
    ambiguous = comparison.ambiguous
    specified = comparison.specified
    classMismatches = comparison.classMismatches
    maxBoxErrorPx = Figure(comparison.maxBoxErrorPx)
    maxScoreError = Figure(comparison.maxScoreError)
    findings = comparison.findings.prefix(Self.findingLimit).map { finding in
      func side(_ side: CandidateComparison.Side?) -> FindingReport.Side? {
        side.map {
          let box = $0.boxInNetworkPixels
          return FindingReport.Side(
            class: $0.classIndex, label: labels?[$0.classIndex], score: Figure($0.score),
            boxInNetworkPixels: [box.x1, box.y1, box.x2, box.y2].map { Figure($0) })
        }
      }
      return FindingReport(
        kind: finding.kind, also: finding.also.isEmpty ? nil : finding.also, cell: finding.cell,
        row: finding.row, original: side(finding.original), patched: side(finding.patched),
        boxErrorPx: finding.boxErrorPx.map { Figure($0) })
    }
  }
}

extension DetectionsReport {
  init(
    _ comparison: DetectionComparison, labels: ClassNames?, frame: ImageFrame
  ) {
    self.init()
    func report(_ object: DetectedObject) -> DetectionReport {
      let box = frame.boxInSourcePixels(object.boxInNetworkPixels)
      return DetectionReport(
        box: [box.x1, box.y1, box.x2, box.y2].map { Figure($0) }, score: Figure(object.score),
        class: object.classIndex, label: labels?[object.classIndex], cell: object.cell)
    }
    original = comparison.original.map(report)
    patched = comparison.patched.map(report)
    pairs = comparison.pairs.map { [$0.original, $0.patched] }
    matched = comparison.matched
    missing = comparison.missing
    extra = comparison.extra
    classMismatches = comparison.classMismatches
    specified = comparison.specified
    maxBoxErrorPx = Figure(comparison.maxBoxErrorPx)
    maxScoreError = Figure(comparison.maxScoreError)
  }
}
