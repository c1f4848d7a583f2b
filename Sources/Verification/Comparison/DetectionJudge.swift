import BoxMath
import Detection
import Tensors

/// Compares two graphs' cells, candidates and detections on one image.
struct DetectionJudge {
  let pair: PreparedPair
  let geometries: Pair<DecodeGeometry>
  let results: Pair<[String: Tensor]>
  let options: ComparisonOptions
  let tolerance: DetectionTolerance
  let labels: ClassNames?

  /// - Parameter index: the image's place in the batch.
  func judge(
    _ image: PreparedImage, _ index: Int, _ report: inout ImageReport, _ judgement: inout Judgement
  ) throws(DetectionError) {
    report.tolerances = tolerance
    judgeThresholds(&judgement)
    let cells = try pair.endings.with(geometries).with(results).map {
      (side) throws(DetectionError) in
      let ((ending, geometry), tensors) = side
      return try ending.cells(in: tensors, image: index, geometry: geometry)
    }
    if let reason = cells.original.incomparability(with: cells.patched) {
      judgement.doubt(reason)
      return
    }
    let comparedCells = cells.original.compare(with: cells.patched, tolerance: tolerance)
    report.cells = CellsReport(comparedCells)
    judgement.add(comparedCells, tolerance: tolerance)

    let rule = self.rule
    let sets = try pair.endings.with(cells).with(results).map { (side) throws(DetectionError) in
      let ((ending, cells), tensors) = side
      return try ending.candidates(
        in: tensors, image: index, cells: cells, rule: rule, tolerance: tolerance
      ).reaching(rule)
    }
    for set in sets.both {
      for difference in set.differences { judgement.differ(difference) }
    }
    let matching = CandidateMatching(
      original: sets.original, patched: sets.patched, rule: rule, tolerance: tolerance)
    let detectionRule = DetectionRule(
      confidence: options.confidence, iou: options.iou, maximumCount: options.maximumDetections)
    let objects = sets.map { $0.detections(detectionRule) }
    let detections = DetectionComparison(
      original: objects.original, patched: objects.patched, candidates: matching,
      tolerance: tolerance)
    report.candidates = CandidatesReport(matching.comparison, labels: labels)
    report.detections = DetectionsReport(detections, labels: labels, image: image)
    judgement.add(matching.comparison, detections, cellsAgree: comparedCells.agrees)
  }

  /// Where both graphs end in a plugin, the higher of their thresholds counts.
  private var rule: CandidateRule {
    let thresholds = pair.endings.both.compactMap { $0.pluginThreshold }
    guard thresholds.count == 2, let highest = thresholds.max() else {
      return CandidateRule(
        original: pair.endings.original, patched: pair.endings.patched,
        confidence: options.confidence)
    }
    return CandidateRule(threshold: highest, measure: .objectness)
  }

  private func judgeThresholds(_ judgement: inout Judgement) {
    for (title, ending) in [("original", pair.endings.original), ("patched", pair.endings.patched)]
    {
      guard let threshold = ending.pluginThreshold, threshold != options.confidence else {
        continue
      }
      let found = "the \(title) graph's plugin drops objectness below \(threshold)"
      if threshold > options.confidence {
        judgement.differ(found + ", above the confidence \(options.confidence) that is asked for")
      } else {
        judgement.note(found + ", the confidence asked for is \(options.confidence)")
      }
    }
  }
}

extension CandidateSet {
  /// Without the rows of a plugin whose own threshold is lower than the rule's.
  fileprivate func reaching(_ rule: CandidateRule) -> CandidateSet {
    guard isPlugin, rule.measure == .objectness, let cells else { return self }
    return CandidateSet(
      candidates: candidates.filter { candidate in
        candidate.cell.map { !(cells.objectness(of: $0) < rule.threshold) } ?? true
      }, cells: cells, isPlugin: true, differences: differences)
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
      func side(_ side: CandidateComparison.ScoredClass?) -> FindingReport.ScoredClass? {
        side.map {
          FindingReport.ScoredClass(
            class: $0.classIndex, label: labels?[$0.classIndex], score: Figure($0.score))
        }
      }
      return FindingReport(
        kind: finding.kind, cell: finding.cell, original: side(finding.original),
        patched: side(finding.patched), boxErrorPx: finding.boxErrorPx.map { Figure($0) })
    }
  }
}

extension DetectionsReport {
  fileprivate init(
    _ comparison: DetectionComparison, labels: ClassNames?, image: PreparedImage
  ) {
    self.init()
    func report(_ object: DetectedObject) -> DetectionReport {
      let box = image.boxInSourcePixels(object.boxInNetworkPixels)
      return DetectionReport(
        box: [box.x1, box.y1, box.x2, box.y2].map { Figure($0) }, score: Figure(object.score),
        class: object.classIndex, label: labels?[object.classIndex])
    }
    original = comparison.original.map(report)
    patched = comparison.patched.map(report)
    pairs = comparison.pairs.map { [$0.original, $0.patched] }
    matched = comparison.matched
    missing = comparison.missing
    extra = comparison.extra
    classMismatches = comparison.classMismatches
    maxBoxErrorPx = Figure(comparison.maxBoxErrorPx)
    maxScoreError = Figure(comparison.maxScoreError)
  }
}
