import BoxMath
import Detection
import Kernels
import Tensors

/// Adds up what the passes of made-up maps show.
struct StressJudge {
  private(set) var report: StressReport
  /// What is wrong with the tensors the candidates are read from, once each.
  private(set) var differences: [String] = []
  private let tolerance: DetectionTolerance
  /// How reasons call the two sides.
  private let names: Pair<String>
  /// How many tolerances the worst case is apart.
  private var worstRatio: Float = 0

  /// - Parameter report: with no case in it.
  init(
    _ report: StressReport, tolerance: DetectionTolerance,
    names: Pair<String> = Pair(original: "the original", patched: "the patched graph")
  ) {
    self.names = names
    self.report = report
    self.report.tolerances = tolerance
    self.tolerance = tolerance
  }

  /// - Parameter pass: which of the made-up maps the evidence is of.
  mutating func add(
    _ evidence: DetectionEvidence, pass: Int, on team: ThreadTeam = ThreadTeam(threadCount: 1)
  ) {
    let cells = evidence.comparedCells(on: team)
    let matching = evidence.matchedCandidates(judgesLimits: false)
    let found = matching.comparison
    // Numbers that no sigmoid gives make other candidates of equal cells: an objectness below 0 turns
    // the order of its products round.
    let judgesCellsAlone =
      report.heads == .shared && cells.compared > 0
      && !evidence.candidates.both.contains(where: \.isPlugin)
    let different =
      judgesCellsAlone
      ? Set(cells.differentCells)
      : matching.cells.filter { !$0.key.isAllowed }.values
        .reduce(Set(cells.differentCells)) { $0.union($1) }
    let compared = max(
      cells.compared, evidence.candidates.map(\.candidates.count).both.max() ?? 0)
    report.cases += compared
    let elsewhere = judgesCellsAlone ? 0 : matching.differentElsewhere
    report.different += min(different.count + elsewhere, compared)
    report.specified += (matching.cells[.specified] ?? []).subtracting(different).count
    report.ambiguous += (matching.cells[.ambiguous] ?? []).subtracting(different).count
    report.maxBoxErrorPx.value = max(
      report.maxBoxErrorPx.value, Figure(max(cells.maxBoxErrorPx, found.maxBoxErrorPx)).value)
    report.maxScoreError.value = max(
      report.maxScoreError.value, Figure(max(cells.maxScoreError, found.maxScoreError)).value)
    for difference in evidence.candidates.both.flatMap(\.differences)
    where !differences.contains(difference) {
      differences.append(difference)
    }
    // A cell tells more of a fault than what is made of it behind the plugin.
    if cells.different > 0, let worst = cells.worst {
      keepIfWorse(StressCase(evidence, cell: worst, class: cells.worstClass), pass)
    } else if let first = different.min() {
      keepIfWorse(StressCase(evidence, cell: evidence.cells.original.layout[first]), pass)
    }
  }

  private mutating func keepIfWorse(_ stressCase: StressCase, _ pass: Int) {
    let ratio = stressCase.distance(in: tolerance)
    guard report.worst == nil || ratio > worstRatio else { return }
    worstRatio = ratio
    report.worst = stressCase.report(pass: pass)
  }

  /// Why the graphs are different.
  var reasons: [String] {
    var reasons: [String] = []
    if report.different > 0 {
      reasons.append(
        "\(report.different) of \(report.cases) made-up cases differ, by up to "
          + "\(report.maxBoxErrorPx.text) px (allowed \(tolerance.boxText)) and "
          + "\(report.maxScoreError.text) in score (allowed \(Figure(tolerance.score).text))"
          + (report.worst.map { "; the worst at \($0.text(names))" } ?? ""))
    }
    return reasons + differences
  }
}

/// One cell of a pass, on both sides.
private struct StressCase {
  let evidence: DetectionEvidence
  let cell: Cell
  let number: Int
  let classIndex: Int?
  private let boxes: Pair<Box>
  private let candidates: Pair<Candidate?>

  init(_ evidence: DetectionEvidence, cell: Cell, class classIndex: Int? = nil) {
    self.evidence = evidence
    self.cell = cell
    self.classIndex = classIndex
    let number = evidence.cells.original.layout.number(of: cell)!
    self.number = number
    boxes = evidence.cells.map { $0.box(of: number) }
    candidates = evidence.candidates.map { set in set.candidates.first { $0.cell == number } }
  }

  /// The largest error as a multiple of its tolerance, infinite where one side has no number.
  func distance(in tolerance: DetectionTolerance) -> Float {
    let rule = evidence.nonFinite
    func tolerances(_ error: Float, _ allowed: Float) -> Float {
      error == 0 ? 0 : error.isNaN ? .infinity : error / allowed
    }
    let allowedPx = tolerance.allowed(for: boxes.original)
    var ratios = [
      tolerances(rule.distance(boxes.original, boxes.patched), allowedPx),
      tolerances(
        rule.distance(objectness.original ?? 0, objectness.patched ?? 0), tolerance.score),
      tolerances(
        rule.distance(probability.original ?? 0, probability.patched ?? 0), tolerance.score),
    ]
    if let original = candidates.original, let patched = candidates.patched {
      let boxError = rule.distance(original.boxInNetworkPixels, patched.boxInNetworkPixels)
      ratios.append(tolerances(boxError, allowedPx))
      ratios.append(tolerances(rule.distance(original.score, patched.score), tolerance.score))
    }
    return ratios.max()!
  }

  /// The objectness of each side; `nil` on both where one has products only.
  private var objectness: Pair<Float?> {
    guard evidence.cells.both.allSatisfy({ $0.scoring == .objectnessAndClasses }) else {
      return Pair(both: nil)
    }
    return evidence.cells.map { $0.objectness(of: number) }
  }

  private var probability: Pair<Float?> {
    guard let classIndex else { return Pair(both: nil) }
    return evidence.cells.map {
      let scores = $0.classScores(of: number)
      return scores.indices.contains(classIndex) ? scores[classIndex] : nil
    }
  }

  func report(pass: Int) -> StressCaseReport {
    let sides = boxes.with(objectness).with(probability).with(candidates).map { side in
      let (((box, objectness), probability), candidate) = side
      let shown = term == .candidate ? candidate?.boxInNetworkPixels ?? box : box
      return StressCaseReport.Side(
        box: [shown.x1, shown.y1, shown.x2, shown.y2].map { Figure($0) },
        objectness: objectness.map { Figure($0) }, probability: probability.map { Figure($0) },
        score: candidate.map { Figure($0.score) }, class: candidate?.classIndex)
    }
    return StressCaseReport(
      pass: pass, cell: cell, term: term, class: classIndex, fed: fed, original: sides.original,
      patched: sides.patched)
  }

  private var term: StressCaseReport.Term {
    if classIndex != nil { return .class }
    let tolerance = evidence.tolerance
    if let original = objectness.original, let patched = objectness.patched,
      !(evidence.nonFinite.distance(original, patched) <= tolerance.score)
    {
      return .objectness
    }
    let boxError = evidence.nonFinite.distance(boxes.original, boxes.patched)
    guard !(boxError <= tolerance.allowed(for: boxes.original)) else {
      return .candidate
    }
    let (a, b) = (boxes.original, boxes.patched)
    let errors: [(StressCaseReport.Term, Float)] = [
      (.x, abs(a.x1 + a.x2 - b.x1 - b.x2) / 2), (.y, abs(a.y1 + a.y2 - b.y1 - b.y2) / 2),
      (.width, abs(a.x2 - a.x1 - b.x2 + b.x1) / 2), (.height, abs(a.y2 - a.y1 - b.y2 + b.y1) / 2),
    ]
    return errors.first { $0.1.isNaN }?.0 ?? errors.max { $0.1 < $1.1 }!.0
  }

  /// The logits that were fed.
  private var fed: StressCaseReport.FedValues? {
    guard let map = evidence.heads?.original[cell.scale] else { return nil }
    let grid = evidence.cells.original.layout.scales[cell.scale]
    let channels = map.shape[1] / grid.anchors
    return map.withElements(of: Float.self) { values in
      func value(_ channel: Int) -> Figure {
        let plane = evidence.image * map.shape[1] + cell.anchor * channels + channel
        return Figure(
          values[plane * grid.cellsPerAnchor + cell.row * grid.columns + cell.column])
      }
      return StressCaseReport.FedValues(
        x: value(0), y: value(1), width: value(2), height: value(3), objectness: value(4),
        class: classIndex.map { value(5 + $0) })
    }
  }
}
