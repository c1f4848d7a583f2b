import BoxMath

/// An object a graph detects: a candidate that non-maximum suppression kept.
public struct DetectedObject: Sendable, Equatable {
  public var boxInNetworkPixels: Box
  /// Objectness times class probability.
  public var score: Float
  public var classIndex: Int
  /// Where in the heads it comes from, when that is known.
  public var cell: Cell?

  public init(boxInNetworkPixels: Box, score: Float, classIndex: Int, cell: Cell?) {
    self.boxInNetworkPixels = boxInNetworkPixels
    self.score = score
    self.classIndex = classIndex
    self.cell = cell
  }
}

/// What comparing the detections of two graphs on one image found.
public struct DetectionComparison: Sendable, Equatable {
  /// Highest score first.
  public var original: [DetectedObject] = []
  public var patched: [DetectedObject] = []
  /// Pairs of the same object; what is on one side only has `nil` on the other. In the order of
  /// the original's detections, then what the patched graph alone detects.
  public var pairs: [IndexPair] = []
  public var matched = 0
  public var missing = 0
  public var extra = 0
  /// Detections that are missing, extra or of another place or class because of values that
  /// rounding may decide, or by the plugin's definition.
  public var ambiguous = 0
  /// Detections that Ultralytics' post-processing and an NMS plugin choose differently by their own
  /// definitions; the comparison itself has both sides go through the plugin's. `nil` without one.
  public var specified: Int?
  public var classMismatches = 0
  /// Matched detections further apart than the tolerance.
  public var different = 0
  public var maxBoxErrorPx: Float = 0
  public var maxScoreError: Float = 0

  /// The indices of one object in the two lists.
  public struct IndexPair: Sendable, Equatable {
    public var original: Int?
    public var patched: Int?

    public init(original: Int?, patched: Int?) {
      self.original = original
      self.patched = patched
    }
  }

  public init() {}

  /// Whether nothing was found that fails a verdict; true also when nothing was detected.
  public var agrees: Bool {
    missing == 0 && extra == 0 && classMismatches == 0 && different == 0
  }
}
