import Detection
import Kernels
import Tensors

/// Feeds the ends of two graphs made-up head maps.
struct StressRun {
  let tails: TailPair
  let endings: Pair<Ending>
  let geometries: Pair<DecodeGeometry>
  let tolerance: DetectionTolerance
  let confidence: Float
  let cases: StressCases
  let team: ThreadTeam

  /// Runs as many passes as it takes for `count` cases; each has the whole of the maps.
  ///
  /// - Parameter body: is given each pass's evidence, in order.
  func forEachPass(
    cases count: Int, _ body: (_ evidence: DetectionEvidence, _ pass: Int) -> Void
  ) throws {
    let perPass = cases.layout.cellCount
    var pass = 0
    while pass * perPass < count {
      let passes = pass..<pass + tails.batch
      let (results, fed) = try tails.run(cases.logits(passes: passes, on: team), on: team)
      for image in 0..<tails.batch {
        let evidence = try DetectionEvidence(
          Pair(endings, geometries, results, image: image), confidence: confidence,
          tolerance: tolerance, nonFinite: .mayBeShared, heads: Pair(both: fed), image: image)
        body(evidence, pass + image)
      }
      pass += tails.batch
    }
  }
}
