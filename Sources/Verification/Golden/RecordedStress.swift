import Detection
import Kernels
import Operators
import Tensors

/// What a model's end makes of made-up head maps (<doc:Stress>), which its seed gives again.
package struct RecordedStress: Sendable, Equatable {
  package var fed: StressFeed
  /// How far another graph's end may be apart.
  package var tolerance: DetectionTolerance
  /// Whether each case is, within the tolerance, what the record's strides and anchors make of the
  /// maps.
  package var isDecoded: Bool
  /// SHA-256 of the bits of all cells of all maps.
  package var digest: String
  package var means: CellMeans
}

/// What made-up head maps are made from.
package struct StressFeed: Sendable, Equatable {
  package var seed: UInt64
  /// Cells to feed at least: whole maps are fed.
  package var cases: Int
  /// Of the maps.
  package var layout: CellLayout
  /// Of each anchor.
  package var channels: Int
  /// What the logits are rounded to.
  package var precision: ElementType

  /// Cases that a check takes the time for.
  static let caseLimit = 1 << 24

  /// How many of the maps it takes.
  var passes: Int { (cases + layout.cellCount - 1) / layout.cellCount }

  func cases(classCount: Int, thresholds: [Float]) -> StressCases {
    StressCases(
      layout: layout, classCount: classCount, channels: channels, thresholds: thresholds,
      seed: seed)
  }
}

extension RecordedThresholds {
  /// What made-up objectnesses are compared with, in order.
  var ofStress: [Float] { Set([confidence] + [plugin].compactMap { $0 }).sorted() }
}

extension RecordedStress {
  /// What a graph's end makes of made-up maps.
  ///
  /// - Parameter tensor: what the graph was fed.
  /// - Throws: why it cannot be fed them.
  init(
    of reading: GraphReading, fed tensor: Tensor, thresholds: RecordedThresholds,
    _ options: ComparisonOptions, on team: ThreadTeam
  ) throws {
    guard let geometry = reading.graph.geometry else { throw Refusal("it has no cells") }
    let tail = try reading.graph.tail(fed: tensor)
    let narrowest = tail.elementTypes.min { $0.byteCount < $1.byteCount } ?? .float32
    fed = StressFeed(
      seed: options.stressSeed, cases: options.stressCases, layout: tail.heads.layout,
      channels: tail.heads[0].channels,
      precision: narrowest == .float64 ? .float32 : narrowest)
    try fed.check(tail, geometry)
    tolerance = tail.rounding(reading.graph.precision).tolerance(
      of: geometry, input: tensor.shape
    ).overridden(by: options)
    let answers = try TailAnswers(
      of: reading, tail, fed, thresholds: thresholds.ofStress, confidence: thresholds.confidence,
      tolerance: tolerance, scoring: nil,
      reference: geometry.scales.map {
        .init(
          geometry: DecodeGeometry(layout: geometry.layout, scales: $0),
          ownRule: reading.graph.ending.ownRule)
      }, on: team)
    isDecoded = answers.judge?.report.different == 0
    digest = answers.digest
    means = answers.means
  }
}

extension StressFeed {
  /// - Throws: why the end of a graph cannot be fed these maps.
  func check(_ tail: Tail, _ geometry: DecodeGeometry) throws(Refusal) {
    guard tail.batch > 0, tail.heads.layout == layout, geometry.layout == layout,
      tail.heads.allSatisfy({ $0.channels == channels })
    else { throw Refusal("its head maps have other shapes") }
    if let narrower = tail.elementTypes.first(where: { $0.byteCount < precision.byteCount }) {
      throw Refusal("its head maps are \(narrower), recorded \(precision)")
    }
  }
}

extension Tail {
  /// How far the end may be apart from another that is fed the same.
  func rounding(_ precision: ElementType) -> Rounding {
    Rounding(
      sharesNetwork: !OperatorTable.accumulates(anyOf: operators), precision: precision)
  }
}
