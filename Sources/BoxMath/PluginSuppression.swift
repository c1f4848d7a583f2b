/// The score of one class of one box: what an NMS plugin chooses among.
public struct ScoredClass: Sendable, Equatable {
  private let storedBox: Int32
  private let storedClass: Int32
  public let score: Float

  /// The number of the box among its image's.
  public var box: Int { Int(storedBox) }
  public var classIndex: Int { Int(storedClass) }

  /// - Precondition: both numbers fit 32 bits, as a tensor's dimensions do here.
  public init(box: Int, classIndex: Int, score: Float) {
    storedBox = Int32(box)
    storedClass = Int32(classIndex)
    self.score = score
  }
}

/// What an NMS plugin of TensorRT does with the boxes and scores of one image.
///
/// Every class of every box that passes the threshold is a candidate of its own, so one box may be
/// given out for several classes.
public struct PluginSuppression: Sendable, Equatable {
  /// What decides between equal scores.
  public enum TieOrder: Sendable {
    /// The lower class, then the lower box.
    case classFirst
    /// The lower box, then the lower class.
    case boxFirst
  }

  public var scoreThreshold: Float
  /// Whether a score equal to the threshold passes.
  public var admitsThreshold: Bool
  /// A class that is never given out; none where it is no class.
  public var backgroundClass: Int
  public var tieOrder: TieOrder
  public var suppression: NonMaximumSuppression
  /// Whether coordinates are cut off at 0 and 1 when they are given out.
  public var clipsBoxes: Bool

  public init(
    scoreThreshold: Float, admitsThreshold: Bool, backgroundClass: Int = -1,
    tieOrder: TieOrder, suppression: NonMaximumSuppression, clipsBoxes: Bool = false
  ) {
    self.scoreThreshold = scoreThreshold
    self.admitsThreshold = admitsThreshold
    self.backgroundClass = backgroundClass
    self.tieOrder = tieOrder
    self.suppression = suppression
    self.clipsBoxes = clipsBoxes
  }

  /// Whether a score passes the threshold; a NaN does not.
  @inlinable public func admits(_ score: Float) -> Bool {
    admitsThreshold ? score >= scoreThreshold : score > scoreThreshold
  }

  /// The candidates that are given out, highest score first.
  ///
  /// - Parameters:
  ///   - candidates: those that pass the threshold and are not of the background class.
  ///   - box: the box of a candidate.
  public func kept(
    of candidates: [ScoredClass], box: (ScoredClass) -> Box
  ) -> [ScoredClass] {
    let sorted = candidates.sorted(by: precedes)
    let kept = suppression.kept(of: sorted.count) {
      sorted[$0].classIndex
    } box: {
      box(sorted[$0])
    }
    return kept.map { sorted[$0] }
  }

  private func precedes(_ a: ScoredClass, _ b: ScoredClass) -> Bool {
    if a.score != b.score { return a.score > b.score }
    return switch tieOrder {
    case .classFirst: (a.classIndex, a.box) < (b.classIndex, b.box)
    case .boxFirst: (a.box, a.classIndex) < (b.box, b.classIndex)
    }
  }
}
