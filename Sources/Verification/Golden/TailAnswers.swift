import BoxMath
import Detection
import Interpreter
import Kernels
import Tensors

/// What the end of one graph makes of made-up head maps.
struct TailAnswers {
  /// The decode of a record: what every case should be.
  struct Reference {
    let geometry: DecodeGeometry
    /// The recorded plugin's, if there was one.
    let ownRule: CandidateRule?
  }

  private let feed: StressFeed
  private let classCount: Int
  private let confidence: Float
  private let scoring: Cells.Scoring?
  private let reference: Reference?
  let tolerance: DetectionTolerance
  private var digests = ""
  private var sum: CellMeansSum?
  /// Every case against the reference; `nil` without one.
  private(set) var judge: StressJudge?
  private(set) var coverage = Coverage()
  /// The first pass of which a case differs from the reference.
  private(set) var firstDifferent: DetectionEvidence?

  /// Feeds the end of a graph.
  ///
  /// - Parameters:
  ///   - scoring: what the means are to be of, as far as the graph tells it.
  ///   - reference: a decode that each case is to be held against.
  /// - Throws: why it cannot be fed these maps.
  init(
    of reading: GraphReading, _ tail: Tail, _ feed: StressFeed, thresholds: [Float],
    confidence: Float, tolerance: DetectionTolerance, scoring: Cells.Scoring?,
    reference: Reference?, on team: ThreadTeam
  ) throws {
    let (ending, geometry) = (reading.graph.ending, reading.graph.geometry!)
    guard let classCount = ending.classCount, classCount > 0, feed.channels >= 5 + classCount else {
      throw Refusal("the head maps have no room for the classes")
    }
    self.feed = feed
    self.classCount = classCount
    self.confidence = confidence
    self.scoring = scoring
    self.reference = reference
    self.tolerance = tolerance
    if reference != nil {
      judge = StressJudge(
        StressReport(heads: .matched, seed: feed.seed), tolerance: tolerance,
        names: Pair(original: "the recorded decode", patched: "the graph"))
    }
    let fed = FedTail(tail, try tail.plan())
    let cases = feed.cases(classCount: classCount, thresholds: thresholds)
    for start in stride(from: 0, to: feed.passes, by: tail.batch) {
      let logits = cases.logits(passes: start..<start + tail.batch, on: team).map {
        $0.rounded(to: feed.precision)
      }
      let results = try fed.run(logits, on: team)
      for image in 0..<min(tail.batch, feed.passes - start) {
        try add(
          DetectionSide(ending, results, image: image, geometry: geometry), fed: logits,
          image: image, pass: start + image)
      }
    }
  }

  var digest: String { SHA256.hexDigest(of: Array(digests.utf8)) }

  /// Of products where these are asked for, or the graph tells nothing else.
  var means: CellMeans { sum!.means }

  /// Adds what the end made of one image of the maps.
  private mutating func add(
    _ side: DetectionSide, fed logits: [Tensor], image: Int, pass: Int
  ) throws(DetectionError) {
    if sum == nil {
      sum = CellMeansSum(
        feed.layout, classCount: classCount,
        scoring: scoring == .products ? .products : side.cells.scoring, seed: feed.seed)
    }
    sum!.add(side.cells)
    digests += side.cells.digest
    guard let reference else { return }
    let evidence = try DetectionEvidence(
      Pair(original: reference.side(logits, feed, classCount, image), patched: side),
      confidence: confidence, tolerance: tolerance, nonFinite: .mayBeShared,
      heads: Pair(both: logits), image: image)
    judge!.add(evidence, pass: pass)
    coverage.add(evidence)
    if firstDifferent == nil, judge!.report.different > 0 { firstDifferent = evidence }
  }
}

/// The end of a graph, ready to be fed.
private struct FedTail {
  private let tail: Tail
  private let plan: Plan

  init(_ tail: Tail, _ plan: Plan) {
    self.tail = tail
    self.plan = plan
  }

  /// - Parameter logits: float32, finest first.
  func run(_ logits: [Tensor], on team: ThreadTeam) throws(Refusal) -> [String: Tensor] {
    let maps = zip(tail.heads, zip(logits, tail.elementTypes)).map {
      ($0.name, $1.0.converted(to: $1.1))
    }
    return try tail.model.naming { () throws(InterpreterError) in
      try plan.run(tail.images.merging(maps) { $1 }, on: team)
    }
  }
}

extension TailAnswers.Reference {
  /// What the decode makes of one image of head maps.
  ///
  /// - Parameter logits: finest first, with a batch.
  func side(
    _ logits: [Tensor], _ feed: StressFeed, _ classCount: Int, _ image: Int
  ) throws(DetectionError) -> DetectionSide {
    let maps = logits.enumerated().map { scale, map in
      HeadMap(
        name: "p\(scale + 3)", shape: map.shape, axes: .merged,
        anchors: feed.layout.scales[scale].anchors)!
    }
    // Thresholds are met by the sigmoid that runs the graphs.
    let sigmoids = zip(maps, logits).map { map, logits in
      (
        map.name,
        Tensor(Float.self, shape: logits.shape) { values in
          logits.withElements(of: Float.self) { Activations.sigmoid($0, into: values) }
        }
      )
    }
    var side = try DetectionSide(
      .heads(maps, throughSigmoid: true, classCount: classCount),
      Dictionary(uniqueKeysWithValues: sigmoids), image: image, geometry: geometry)
    side.ownRule = ownRule
    return side
  }
}

extension Cells {
  /// SHA-256 of the bits of all cells; all NaN are one.
  var digest: String {
    numbers.map { $0.isNaN ? .nan : $0 }.withUnsafeBytes { SHA256.hexDigest(of: $0) }
  }
}
