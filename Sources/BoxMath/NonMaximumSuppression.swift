/// Greedy non-maximum suppression.
public struct NonMaximumSuppression: Sendable, Equatable {
  /// A box is dropped when its overlap with a kept one of its class is above this.
  public var iouThreshold: Float
  /// Whether a box is dropped at the threshold, too.
  public var dropsAtThreshold = false
  public var overlap = OverlapMeasure.area
  /// Whether kept boxes of all classes count, not only those of the box's own.
  public var isClassAgnostic = false
  /// How many boxes are looked at, highest score first, of all classes and of each.
  public var candidateLimit = Int.max
  public var candidateLimitPerClass = Int.max
  /// How many boxes are kept at most, over all classes.
  public var maximumCount: Int

  public init(iouThreshold: Float, maximumCount: Int) {
    self.iouThreshold = iouThreshold
    self.maximumCount = maximumCount
  }

  /// The indices of the kept boxes, highest score first; equal scores keep their order.
  ///
  /// - Precondition: the three arrays are of equal length and no score is NaN.
  public func callAsFunction(boxes: [Box], scores: [Float], classes: [Int]) -> [Int] {
    precondition(boxes.count == scores.count && boxes.count == classes.count)
    let order = boxes.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
    return kept(of: order.count) {
      classes[order[$0]]
    } box: {
      boxes[order[$0]]
    }.map { order[$0] }
  }

  /// The places of the kept ones among boxes that stand highest score first.
  func kept(
    of count: Int, classIndex: (_ place: Int) -> Int, box: (_ place: Int) -> Box
  ) -> [Int] {
    var kept: [Int] = []
    var keptBoxes: [Int: [Box]] = [:]
    var seen: [Int: Int] = [:]
    for place in 0..<min(count, candidateLimit) {
      guard kept.count < maximumCount else { break }
      let classIndex = classIndex(place)
      let seenOfClass = seen[classIndex, default: 0]
      guard seenOfClass < candidateLimitPerClass else { continue }
      seen[classIndex] = seenOfClass + 1
      let candidate = box(place)
      let rivals = isClassAgnostic ? 0 : classIndex
      guard !keptBoxes[rivals, default: []].contains(where: { suppresses($0, candidate) }) else {
        continue
      }
      kept.append(place)
      keptBoxes[rivals, default: []].append(candidate)
    }
    return kept
  }

  private func suppresses(_ kept: Box, _ box: Box) -> Bool {
    let overlap = overlap(kept, box)
    return dropsAtThreshold ? overlap >= iouThreshold : overlap > iouThreshold
  }
}
