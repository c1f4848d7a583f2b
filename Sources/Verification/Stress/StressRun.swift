import Detection
import Kernels
import Tensors

/// Feeds the ends of two graphs made-up head maps and judges what comes of them.
struct StressRun {
  /// The ends.
  let tails: TailPair
  /// What the ends are fed.
  let cases: StressCases
  private let endings: Pair<Ending>
  private let geometries: Pair<DecodeGeometry>
  private let confidence: Float
  private let team: ThreadTeam

  /// - Throws: why the ends cannot be fed made-up maps.
  init(
    _ tails: TailPair, _ endings: Pair<Ending>, _ geometries: Pair<DecodeGeometry>,
    options: ComparisonOptions, team: ThreadTeam
  ) throws(Refusal) {
    let heads = tails.heads.original
    guard let classCount = endings.original.classCount, classCount > 0,
      heads[0].channels >= 5 + classCount
    else { throw Refusal("the head maps have no room for the classes") }
    cases = StressCases(
      layout: heads.layout, classCount: classCount, channels: heads[0].channels,
      thresholds: Set(endings.both.compactMap(\.ownRule?.threshold) + [options.confidence])
        .sorted(),
      seed: options.stressSeed)
    self.tails = tails
    self.endings = endings
    self.geometries = geometries
    self.team = team
    confidence = options.confidence
  }

  /// Runs as many passes as it takes for `count` cases; each has the whole of the maps.
  ///
  /// - Parameter body: is given each pass's evidence, in order.
  func forEachPass(
    cases count: Int, tolerance: DetectionTolerance,
    _ body: (_ evidence: DetectionEvidence, _ pass: Int) -> Void
  ) throws {
    let perPass = cases.layout.cellCount
    var pass = 0
    while pass * perPass < count {
      let passes = pass..<pass + tails.batch
      let (results, fed) = try tails.run(cases.logits(passes: passes, on: team), on: team)
      for image in 0..<tails.batch {
        let evidence = try DetectionEvidence(
          Pair(endings, geometries, results, image: image), confidence: confidence,
          tolerance: tolerance, nonFinite: .mayBeShared, heads: Pair(both: fed), image: image,
          team: team)
        body(evidence, pass + image)
      }
      pass += tails.batch
    }
  }
}
