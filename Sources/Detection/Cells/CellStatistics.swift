import BoxMath

/// Means and extremes over all cells, by scale and anchor and by scale and class.
///
/// Where no number of any cell is off by more than an error, no mean and no extreme is, so the
/// tolerance of cells is the tolerance of their statistics.
package struct CellStatistics: Sendable, Equatable {
  package let anchors: [OfAnchor]
  package let classes: [OfScale]

  /// All cells of one anchor.
  package struct OfAnchor: Sendable, Equatable {
    package let scale: Int
    package let anchor: Int
    /// x1, y1, x2, y2 in pixels of the network's input.
    package let boxMean: [Float]
    package let boxLeast: [Float]
    package let boxLargest: [Float]
    /// Mean and largest; `nil` where there are products only.
    package let objectness: [Float]?

    package init(
      scale: Int, anchor: Int, boxMean: [Float], boxLeast: [Float], boxLargest: [Float],
      objectness: [Float]?
    ) {
      self.scale = scale
      self.anchor = anchor
      self.boxMean = boxMean
      self.boxLeast = boxLeast
      self.boxLargest = boxLargest
      self.objectness = objectness
    }
  }

  /// All cells of one scale, for each class.
  package struct OfScale: Sendable, Equatable {
    package let scale: Int
    package let mean: [Float]
    package let largest: [Float]

    package init(scale: Int, mean: [Float], largest: [Float]) {
      self.scale = scale
      self.mean = mean
      self.largest = largest
    }
  }

  package init(anchors: [OfAnchor], classes: [OfScale]) {
    self.anchors = anchors
    self.classes = classes
  }

  var haveObjectness: Bool { anchors.contains { $0.objectness != nil } }
}

extension Cells {
  package var statistics: CellStatistics {
    var corners = layout.scales.map { scale in
      [[Extent]](
        repeating: [Extent](repeating: Extent(), count: 4), count: scale.anchors)
    }
    var objectness = layout.scales.map { [Extent](repeating: Extent(), count: $0.anchors) }
    var classes = layout.scales.map { _ in [Extent](repeating: Extent(), count: classCount) }
    let hasObjectness = scoring == .objectnessAndClasses
    withReader { reader in
      var block = CellBlock(classCount: classCount)
      reader.forEachStretch { stretch in
        reader.load(stretch, into: &block)
        let (scale, anchor) = (stretch.scale, stretch.anchor)
        for axis in 0..<4 {
          corners[scale][anchor][axis].add(block.corners[axis], stretch.count)
        }
        if hasObjectness { objectness[scale][anchor].add(block.objectness, stretch.count) }
        for index in 0..<classCount {
          classes[scale][index].add(block.classes[index], stretch.count)
        }
      }
    }
    return CellStatistics(
      anchors: corners.enumerated().flatMap { scale, anchors in
        anchors.enumerated().map { anchor, extents in
          let seen = objectness[scale][anchor]
          return CellStatistics.OfAnchor(
            scale: scale, anchor: anchor, boxMean: extents.map(\.mean),
            boxLeast: extents.map(\.least), boxLargest: extents.map(\.largest),
            objectness: hasObjectness ? [seen.mean, seen.largest] : nil)
        }
      },
      classes: classes.enumerated().map { scale, extents in
        CellStatistics.OfScale(
          scale: scale, mean: extents.map(\.mean), largest: extents.map(\.largest))
      })
  }

  /// All numbers of all cells: for each run of 16 cells of an anchor their x1, y1, x2, y2,
  /// objectness (if there is any) and classes.
  package var numbers: [Float] {
    var numbers: [Float] = []
    numbers.reserveCapacity(layout.cellCount * (5 + classCount))
    withReader { reader in
      var block = CellBlock(classCount: classCount)
      reader.forEachStretch { stretch in
        reader.load(stretch, into: &block)
        let channels =
          block.corners + (reader.hasObjectness ? [block.objectness] : []) + block.classes
        for channel in channels {
          for lane in 0..<stretch.count { numbers.append(channel[lane]) }
        }
      }
    }
    return numbers
  }
}

/// Sum and extremes of numbers; NaN once one of them is.
private struct Extent {
  private var count = 0
  private var sum = 0.0
  private(set) var least = Float.infinity
  private(set) var largest = -Float.infinity

  mutating func add(_ lanes: SIMD16<Float>, _ laneCount: Int) {
    count += laneCount
    for lane in 0..<laneCount {
      let value = lanes[lane]
      sum += Double(value)
      if !(value >= least) { least = value }
      if !(value <= largest) { largest = value }
    }
  }

  var mean: Float { Float(sum / Double(count)) }
}
