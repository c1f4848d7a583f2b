import Detection

/// What both graphs made of made-up head maps, fed to them behind their last convolutions.
public struct StressReport: Sendable, Codable, Equatable {
  /// What is known of the maps in whose place made-up ones were fed.
  public enum Heads: String, Sendable, Codable {
    /// Both graphs compute the same ones, by proof.
    case proven
    /// They stand at the same place in both graphs.
    case matched
    /// There are none: the last tensors that both graphs compute were fed.
    case shared
  }

  public var heads: Heads
  /// Cells that were fed.
  public var cases = 0
  public var different = 0
  /// Cases in which the plugin and Ultralytics' post-processing differ by definition.
  public var specified = 0
  /// Cases so close to a threshold, or to another class, that rounding may decide.
  public var ambiguous = 0
  public var maxBoxErrorPx: Figure = 0
  public var maxScoreError: Figure = 0
  /// The errors that were allowed.
  public var tolerances: DetectionTolerance?
  /// Weighted means over all cases, where a record holds them.
  public var means: StatisticsReport?
  /// What the cases are made from.
  public var seed: UInt64
  /// The case furthest apart against the tolerances; absent when none differs.
  public var worst: StressCaseReport?

  public init(heads: Heads, seed: UInt64) {
    self.heads = heads
    self.seed = seed
  }
}

/// One case that differs.
public struct StressCaseReport: Sendable, Codable, Equatable {
  /// What of a cell differs.
  public enum Term: String, Sendable, Codable {
    case x, y, width, height, objectness, `class`
    /// What the graph gives out for the cell, while the cell itself agrees.
    case candidate
  }

  /// Which of the made-up maps it stands in, counted from 0.
  public var pass: Int
  public var cell: Cell
  public var term: Term
  /// The class furthest apart.
  public var `class`: Int?
  /// Absent where no head maps were fed.
  public var fed: FedValues?
  public var original: Side
  public var patched: Side

  /// The logits of the cell.
  public struct FedValues: Sendable, Codable, Equatable {
    public var x: Figure
    public var y: Figure
    public var width: Figure
    public var height: Figure
    public var objectness: Figure
    /// Of the class furthest apart.
    public var `class`: Figure?
  }

  /// What a graph made of the cell.
  public struct Side: Sendable, Codable, Equatable {
    /// Left, top, right and bottom in pixels of the network's input.
    public var box: [Figure]
    /// Of the cell, where the graph has it.
    public var objectness: Figure?
    /// The probability of the class furthest apart.
    public var probability: Figure?
    /// Of the candidate that the graph makes of the cell.
    public var score: Figure?
    public var `class`: Int?
  }
}

/// Which anchors and classes were seen as candidates.
public struct CoverageReport: Sendable, Codable, Equatable {
  /// Pairs of scale and anchor, in order.
  public var imagesScaleAnchors: [[Int]] = []
  public var stressScaleAnchors: [[Int]] = []
  public var imagesClasses: [Int] = []
  public var stressClasses: [Int] = []
  /// How many pairs of scale and anchor there are, and how many classes.
  public var scaleAnchorCount = 0
  public var classCount = 0
  /// How many images were fed at once, in order.
  public var batches: [Int] = []
  /// Heights and widths that were fed.
  public var sizes: [[Int]] = []

  public init() {}
}
