import Detection
import Kernels
import Tensors

/// What two graphs made of the same numbers, an image's or made-up ones, ready to be compared and
/// explained.
package struct DetectionEvidence: Sendable {
  /// For each graph, the head maps its cells were made from: logits, `[N, a*c, H, W]`, finest
  /// first; `nil` where the run did not keep them.
  package let heads: Pair<[Tensor]>?
  /// The place in the batch of those maps.
  package let image: Int
  package let cells: Pair<Cells>
  package let candidates: Pair<CandidateSet>
  /// What made the candidates.
  package let rule: CandidateRule
  package let tolerance: DetectionTolerance
  /// What a NaN means: an image may give none, made-up maps hold some.
  package let nonFinite: NonFiniteRule

  /// Every cell of the one graph against that of the other.
  ///
  /// - Precondition: the cells are comparable.
  package func comparedCells(on team: ThreadTeam = ThreadTeam(threadCount: 1)) -> CellComparison {
    cells.original.compare(
      with: cells.patched, tolerance: tolerance, nonFinite: nonFinite, on: team)
  }

  /// - Parameter judgesLimits: whether detections that are lost to a limit count.
  package func matchedCandidates(judgesLimits: Bool = true) -> CandidateMatching {
    CandidateMatching(
      original: candidates.original, patched: candidates.patched, rule: rule,
      tolerance: tolerance, nonFinite: nonFinite, judgesLimits: judgesLimits)
  }
}

extension DetectionEvidence {
  /// - Parameters:
  ///   - heads: the head maps that were fed; `nil` where they were not kept.
  ///   - image: the place in their batch.
  init(
    _ sides: Pair<DetectionSide>, confidence: Float, tolerance: DetectionTolerance,
    nonFinite: NonFiniteRule = .differs, heads: Pair<[Tensor]>? = nil, image: Int = 0,
    team: ThreadTeam = ThreadTeam(threadCount: 1)
  ) throws(DetectionError) {
    let rule = CandidateRule(
      forms: sides.both.map(\.form), own: sides.both.compactMap(\.ownRule),
      confidence: confidence)
    self.heads = heads
    self.image = image
    self.rule = rule
    self.tolerance = tolerance
    self.nonFinite = nonFinite
    cells = sides.map(\.cells)
    let found = team.map(sides.both) { side in
      Result { () throws(DetectionError) in
        try side.candidates(rule, tolerance).reaching(rule)
      }
    }
    candidates = Pair(original: try found[0].get(), patched: try found[1].get())
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
