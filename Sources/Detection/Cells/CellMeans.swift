import BoxMath

/// Means of the cells' numbers with random weights, for each anchor and each channel.
///
/// No two cells count alike, so cells, anchors or channels that are exchanged move them; and where
/// no number of any cell is off by more than an error, no mean is.
package struct CellMeans: Sendable, Equatable {
  package let anchors: [OfAnchor]

  /// The cells of one anchor.
  package struct OfAnchor: Sendable, Equatable {
    package let scale: Int
    package let anchor: Int
    /// x1, y1, x2, y2 in pixels of the network's input, of the boxes that are finite.
    package let box: [Float]
    /// `nil` where there are products only.
    package let objectness: Float?
    package let classes: [Float]
    /// Boxes, objectnesses (if there are any) and class scores that are NaN or infinite, and count
    /// for no mean.
    package let nonFinite: [Int]

    package init(
      scale: Int, anchor: Int, box: [Float], objectness: Float?, classes: [Float],
      nonFinite: [Int]
    ) {
      self.scale = scale
      self.anchor = anchor
      self.box = box
      self.objectness = objectness
      self.classes = classes
      self.nonFinite = nonFinite
    }
  }

  package init(anchors: [OfAnchor]) { self.anchors = anchors }
}

/// Adds up ``CellMeans``, map after map.
package struct CellMeansSum {
  private let classCount: Int
  private let scoring: Cells.Scoring
  private var anchors: [[AnchorSum]]
  private var generator: SplitMix64

  /// - Parameters:
  ///   - scoring: what the scores are to be; products can be made of objectness and classes.
  ///   - seed: what the weights are drawn with.
  package init(_ layout: CellLayout, classCount: Int, scoring: Cells.Scoring, seed: UInt64) {
    self.classCount = classCount
    self.scoring = scoring
    anchors = layout.scales.map { scale in
      Array(repeating: AnchorSum(classCount: classCount), count: scale.anchors)
    }
    generator = SplitMix64(seed: seed)
  }

  /// - Precondition: the cells are of the layout, and have an objectness where the scoring has one.
  package mutating func add(_ cells: Cells) {
    precondition(scoring == .products || cells.scoring == scoring)
    cells.withReader { reader in
      var block = CellBlock(classCount: classCount)
      reader.forEachStretch { stretch in
        reader.load(stretch, into: &block)
        if reader.hasObjectness, scoring == .products { block.multiplyClasses() }
        for lane in 0..<stretch.count {
          anchors[stretch.scale][stretch.anchor].add(
            block, lane, hasObjectness: scoring == .objectnessAndClasses,
            weight: generator.nextWeight())
        }
      }
    }
  }

  package var means: CellMeans {
    CellMeans(
      anchors: anchors.enumerated().flatMap { scale, anchors in
        anchors.enumerated().map { anchor, sum in
          CellMeans.OfAnchor(
            scale: scale, anchor: anchor, box: sum.box.map(\.mean),
            objectness: scoring == .objectnessAndClasses ? sum.objectness.mean : nil,
            classes: sum.classes.map(\.mean), nonFinite: sum.nonFinite)
        }
      })
  }
}

private struct AnchorSum {
  var box = [WeightedSum](repeating: WeightedSum(), count: 4)
  var objectness = WeightedSum()
  var classes: [WeightedSum]
  var nonFinite = [0, 0, 0]

  init(classCount: Int) { classes = Array(repeating: WeightedSum(), count: classCount) }

  mutating func add(_ block: CellBlock, _ lane: Int, hasObjectness: Bool, weight: Double) {
    if (0..<4).allSatisfy({ block.corners[$0][lane].isFinite }) {
      for axis in 0..<4 { box[axis].add(block.corners[axis][lane], weight) }
    } else {
      nonFinite[0] += 1
    }
    if hasObjectness, !objectness.add(block.objectness[lane], weight) { nonFinite[1] += 1 }
    for index in classes.indices where !classes[index].add(block.classes[index][lane], weight) {
      nonFinite[2] += 1
    }
  }
}

private struct WeightedSum {
  private var sum = 0.0
  private var weights = 0.0

  /// - Returns: whether the value is finite; others do not count.
  @discardableResult
  mutating func add(_ value: Float, _ weight: Double) -> Bool {
    guard value.isFinite else { return false }
    sum += Double(value) * weight
    weights += weight
    return true
  }

  /// 0 where nothing counted.
  var mean: Float { weights > 0 ? Float(sum / weights) : 0 }
}

extension SplitMix64 {
  /// Above 0, at most 1.
  fileprivate mutating func nextWeight() -> Double {
    Double(next() >> 40 + 1) * 0x1p-24
  }
}

extension CellMeans {
  /// Compares what both sides have, with room for the rounding of the means themselves.
  ///
  /// - Precondition: both are of as many anchors and classes, with the same weights.
  package func compare(
    with other: CellMeans, tolerance: DetectionTolerance
  ) -> StatisticsComparison {
    var found = StatisticsComparison()
    for (a, b) in zip(anchors, other.anchors) {
      func add(
        _ left: Float, _ right: Float, _ tolerance: Float, _ name: String, classIndex: Int? = nil
      ) {
        found.add(
          left, right, tolerance + left.ulp, name, a.scale, anchor: a.anchor,
          classIndex: classIndex)
      }
      for (axis, coordinate) in ["x1", "y1", "x2", "y2"].enumerated() {
        add(a.box[axis], b.box[axis], tolerance.boxPx, "weighted mean \(coordinate)")
      }
      add(Float(a.nonFinite[0]), Float(b.nonFinite[0]), 0, "number of boxes not finite")
      guard (a.objectness == nil) == (b.objectness == nil) else { continue }
      if let left = a.objectness, let right = b.objectness {
        add(left, right, tolerance.score, "weighted mean objectness")
        add(Float(a.nonFinite[1]), Float(b.nonFinite[1]), 0, "number of objectnesses not finite")
      }
      for index in a.classes.indices {
        add(
          a.classes[index], b.classes[index], tolerance.score, "weighted mean score",
          classIndex: index)
      }
      add(Float(a.nonFinite[2]), Float(b.nonFinite[2]), 0, "number of scores not finite")
    }
    return found
  }
}
