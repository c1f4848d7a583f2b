/// Greedy, class-wise non-maximum suppression.
public struct NonMaximumSuppression: Sendable, Equatable {
  /// A box is dropped when its IoU with a kept one of its class is above this.
  public var iouThreshold: Float
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
    var kept: [Int] = []
    var keptByClass: [Int: [Box]] = [:]
    for candidate in order where kept.count < maximumCount {
      let box = boxes[candidate]
      let rivals = keptByClass[classes[candidate], default: []]
      if rivals.contains(where: { box.intersectionOverUnion(with: $0) > iouThreshold }) { continue }
      kept.append(candidate)
      keptByClass[classes[candidate], default: []].append(box)
    }
    return kept
  }
}
