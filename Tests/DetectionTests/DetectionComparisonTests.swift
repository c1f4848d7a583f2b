import BoxMath
import Detection
import Tensors
import Testing

@Suite struct DetectionComparisonTests {
  static let tolerance = DetectionTolerance(boxPx: 1e-3, score: 1e-6)
  static let rule = DetectionRule(confidence: 0.25, iou: 0.45, maximumCount: 300)

  /// Candidates placed by hand: cell, left edge, width, score, class.
  typealias Row = (cell: Int, left: Float, width: Float, score: Float, classIndex: Int)

  private func set(_ rows: [Row]) throws -> CandidateSet {
    CandidateSet(candidates: rows.map(candidate), cells: try detectorCells())
  }

  private func candidate(_ row: Row) -> Candidate {
    Candidate(
      cell: row.cell,
      boxInNetworkPixels: Box(x1: row.left, y1: 0, x2: row.left + row.width, y2: 10),
      score: row.score, classIndex: row.classIndex)
  }

  private func detectorCells() throws -> Cells {
    let detector = MadeUpDetector()
    return try detector.pluginCells(detector.maps(seed: 1))
  }

  private func compare(_ original: [Row], _ patched: [Row]) throws -> DetectionComparison {
    let (a, b) = (try set(original), try set(patched))
    let matching = CandidateMatching(
      original: a, patched: b, rule: CandidateRule(threshold: 0.25, measure: .objectness),
      tolerance: Self.tolerance)
    return DetectionComparison(
      original: a.detections(Self.rule), patched: b.detections(Self.rule), candidates: matching,
      tolerance: Self.tolerance)
  }

  @Test("what is detected: score above confidence, class by class, best first")
  func detections() throws {
    let detections = try set([
      (1, 0, 10, 0.5, 0), (2, 1, 10, 0.9, 0), (3, 1, 10, 0.4, 1), (4, 50, 10, 0.25, 0),
      (5, 80, 10, 0.4, 0), (6, 81, 10, Float(0.25).nextUp, 0),
    ]).detections(Self.rule)
    let layout = try detectorCells().layout
    #expect(detections.map(\.cell) == [layout[2], layout[3], layout[5]])
    #expect(detections.map(\.score) == [0.9, 0.4, 0.4])
    #expect(detections.map(\.classIndex) == [0, 1, 0])
  }

  @Test("equal scores keep the order of their cells, and only so many are kept")
  func ties() throws {
    let rows = (0..<20).map { Row($0, Float(20 * $0), 10, 0.5, 0) }
    let shuffled = Array(rows.reversed())
    var rule = Self.rule
    rule.suppression.maximumCount = 7
    let layout = try detectorCells().layout
    #expect(try set(shuffled).detections(rule).map(\.cell) == (0..<7).map { layout[$0] })
  }

  @Test("a NaN score and a class of -1 are not detected")
  func undetected() throws {
    #expect(try set([(1, 0, 10, .nan, 0), (2, 0, 10, 0, -1)]).detections(Self.rule).isEmpty)
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var original: [Row]
    var patched: [Row]
    var matched: Int
    var missing = 0
    var extra = 0
    var ambiguous = 0
    var classMismatches = 0
    var different = 0
    var pairs: [DetectionComparison.IndexPair]
  }

  static let object: Row = (10, 0, 10, 0.8, 0)
  static let other: Row = (20, 100, 10, 0.6, 1)

  static func pair(_ a: Int?, _ b: Int?) -> DetectionComparison.IndexPair {
    DetectionComparison.IndexPair(original: a, patched: b)
  }

  static let faults = [
    Fault(
      testDescription: "none", original: [object, other], patched: [object, other], matched: 2,
      pairs: [pair(0, 0), pair(1, 1)]),
    Fault(
      testDescription: "nothing on either side", original: [], patched: [], matched: 0, pairs: []),
    Fault(
      testDescription: "an object missing", original: [object, other], patched: [other], matched: 1,
      missing: 1, pairs: [pair(0, nil), pair(1, 0)]),
    Fault(
      testDescription: "an object too many", original: [other], patched: [object, other],
      matched: 1, extra: 1, pairs: [pair(0, 1), pair(nil, 0)]),
    Fault(
      testDescription: "another class", original: [object], patched: [(10, 0, 10, 0.8, 3)],
      matched: 1, classMismatches: 1, pairs: [pair(0, 0)]),
    Fault(
      testDescription: "a box off", original: [object], patched: [(10, 0.25, 10, 0.8, 0)],
      matched: 1, different: 1, pairs: [pair(0, 0)]),
    Fault(
      testDescription: "a score off", original: [object], patched: [(10, 0, 10, 0.81, 0)],
      matched: 1, different: 1, pairs: [pair(0, 0)]),
    Fault(
      testDescription: "the same object from another cell alone", original: [object],
      patched: [(11, 0.25, 10, 0.8, 0)], matched: 1, different: 1, pairs: [pair(0, 0)]),
    Fault(
      testDescription: "an object elsewhere", original: [object], patched: [(11, 9, 10, 0.8, 0)],
      matched: 0, missing: 1, extra: 1, pairs: [pair(0, nil), pair(nil, 0)]),
    Fault(
      // Two boxes of one object with scores a rounding apart: either may suppress the other.
      testDescription: "rounding decides which box is kept",
      original: [(10, 0, 10, 0.8, 0), (11, 1, 10, Float(0.8).nextDown, 0)],
      patched: [(10, 0, 10, Float(0.8).nextDown, 0), (11, 1, 10, 0.8, 0)], matched: 1,
      ambiguous: 1, pairs: [pair(0, 0)]),
    Fault(
      testDescription: "rounding decides whether the score is above the confidence",
      original: [object, (20, 100, 10, 0.25, 1)],
      patched: [object, (20, 100, 10, Float(0.25).nextUp, 1)], matched: 1, ambiguous: 1,
      pairs: [pair(0, 0), pair(nil, 1)]),
  ]

  @Test("every fault is found", arguments: faults)
  func finds(_ fault: Fault) throws {
    let found = try compare(fault.original, fault.patched)
    #expect(found.matched == fault.matched && found.missing == fault.missing, "\(found)")
    #expect(found.extra == fault.extra && found.ambiguous == fault.ambiguous, "\(found)")
    #expect(found.classMismatches == fault.classMismatches, "\(found)")
    #expect(found.different == fault.different && found.pairs == fault.pairs, "\(found)")
    #expect(
      found.agrees
        == (fault.missing + fault.extra + fault.classMismatches + fault.different == 0))
  }
}
