import BoxMath

/// What comparing statistics over all cells of two sides found.
package struct StatisticsComparison: Sendable, Equatable {
  package var compared = 0
  /// Means and extremes further apart than the tolerance, or not finite.
  package var different = 0
  /// The one furthest apart, measured in tolerances; `nil` when none is apart at all.
  package var worst: Statistic?

  /// A mean or an extreme on both sides.
  package struct Statistic: Sendable, Equatable {
    package let scale: Int
    package let anchor: Int?
    package let classIndex: Int?
    /// What it is of the cells, such as `mean x1`.
    package let name: String
    package let original: Float
    package let patched: Float
  }

  private var worstRatio: Float = 0

  init() {}
}

extension CellStatistics {
  /// Compares what both sides have: the scores of products and of probabilities are different
  /// things.
  ///
  /// - Precondition: both are of cells that can be compared.
  package func compare(
    with other: CellStatistics, tolerance: DetectionTolerance
  ) -> StatisticsComparison {
    var found = StatisticsComparison()
    for (a, b) in zip(anchors, other.anchors) {
      let allowedPx = tolerance.allowed(for: a.hull)
      for (name, left, right) in [
        ("mean", a.boxMean, b.boxMean), ("least", a.boxLeast, b.boxLeast),
        ("largest", a.boxLargest, b.boxLargest),
      ] {
        for (axis, coordinate) in ["x1", "y1", "x2", "y2"].enumerated() {
          found.add(
            left[axis], right[axis], allowedPx, "\(name) \(coordinate)", a.scale,
            anchor: a.anchor)
        }
      }
      guard let left = a.objectness, let right = b.objectness else { continue }
      for (place, name) in ["mean", "largest"].enumerated() {
        found.add(
          left[place], right[place], tolerance.score, "\(name) objectness", a.scale,
          anchor: a.anchor)
      }
    }
    guard haveObjectness == other.haveObjectness else { return found }
    for (a, b) in zip(classes, other.classes) {
      for index in a.mean.indices {
        found.add(
          a.mean[index], b.mean[index], tolerance.score, "mean score", a.scale, classIndex: index)
        found.add(
          a.largest[index], b.largest[index], tolerance.score, "largest score", a.scale,
          classIndex: index)
      }
    }
    return found
  }
}

extension CellStatistics.OfAnchor {
  /// A box around all the cells' boxes.
  fileprivate var hull: Box {
    Box(x1: boxLeast[0], y1: boxLeast[1], x2: boxLargest[2], y2: boxLargest[3])
  }
}

extension StatisticsComparison {
  /// Adds a number on both sides.
  mutating func add(
    _ a: Float, _ b: Float, _ tolerance: Float, _ name: @autoclosure () -> String, _ scale: Int,
    anchor: Int? = nil, classIndex: Int? = nil
  ) {
    compared += 1
    let error = abs(a - b)
    if !(error <= tolerance) { different += 1 }
    let ratio =
      error == 0 ? 0 : error.isNaN ? .infinity : min(error / tolerance, .greatestFiniteMagnitude)
    guard ratio > worstRatio else { return }
    worstRatio = ratio
    worst = Statistic(
      scale: scale, anchor: anchor, classIndex: classIndex, name: name(), original: a, patched: b)
  }
}
