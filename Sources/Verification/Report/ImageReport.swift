import Detection

/// What was found on one image.
///
/// Error figures are in pixels of the network's input, before clipping.
public struct ImageReport: Sendable, Codable, Equatable {
  public var path: String
  public var verdict: Verdict
  /// The shape the image was fed in.
  public var inputShape: [Int]?
  /// The errors that were allowed.
  public var tolerances: DetectionTolerance?
  public var cells: CellsReport?
  /// The cells that differ, grouped by how they do; candidates where the cells agree.
  public var differences: [DifferenceReport]?
  public var candidates: CandidatesReport?
  public var detections: DetectionsReport?
  public var tensors: [TensorReport]?
  /// What of the differences is rounding, where it was asked for.
  public var precision: PrecisionReport?
  /// What an engine of a narrower format makes of the patched graph, where it was asked for.
  public var simulation: SimulationReport?
  /// What each thing that was looked at came to.
  public var checks: [CheckReport]?

  public init(path: String, verdict: Verdict = .undecided) {
    self.path = path
    self.verdict = verdict
  }
}

/// What one of the things that are looked at in an image came to.
public struct CheckReport: Sendable, Codable, Equatable {
  /// `graph`, `cells`, `candidates`, `detections`, `tensors`, or `image` where nothing was decided.
  public var name: String
  public var verdict: Verdict
  /// Why the verdict is not `equivalent`.
  public var reasons: [String]

  public init(name: String, verdict: Verdict, reasons: [String] = []) {
    self.name = name
    self.verdict = verdict
    self.reasons = reasons
  }

  /// That an image could not be looked at.
  static func failed(_ reasons: [String]) -> [CheckReport] {
    [CheckReport(name: "image", verdict: .undecided, reasons: reasons)]
  }
}

/// Every cell of the heads, whether an object is seen there or not.
public struct CellsReport: Sendable, Codable, Equatable {
  public var compared = 0
  public var different = 0
  public var maxBoxErrorPx: Figure = 0
  public var maxScoreError: Figure = 0
  /// The cell with the largest error against its tolerance.
  public var worst: Cell?
  /// The class furthest apart in that cell; absent when its box or its objectness is.
  public var worstClass: Int?
  /// How both sides come to the numbers that differ in the worst cell.
  public var formulas: [String]?
  /// Of a check against a record, which holds some of the cells only: over all of them.
  public var statistics: StatisticsReport?

  public init() {}
}

/// The boxes that pass the threshold before suppression.
public struct CandidatesReport: Sendable, Codable, Equatable {
  public var original = 0
  public var patched = 0
  public var matched = 0
  /// The original's that the patched graph has not.
  public var missing = 0
  /// The patched graph's that the original has not.
  public var extra = 0
  /// So close to a threshold, or to another class, that rounding may decide.
  public var ambiguous = 0
  /// Where the two decoders differ by their own definitions.
  public var specified = 0
  public var classMismatches = 0
  public var maxBoxErrorPx: Figure = 0
  public var maxScoreError: Figure = 0
  /// The first of those that are not simply matched.
  public var findings: [FindingReport] = []

  public init() {}
}

/// What is to be said of one candidate.
public struct FindingReport: Sendable, Codable, Equatable {
  public var kind: CandidateComparison.Finding.Kind
  /// What else is different, less than that.
  public var also: [CandidateComparison.Finding.Kind]?
  public var cell: Cell?
  /// The row of a plugin's outputs, the patched side's where both have one.
  public var row: Int?
  public var original: Side?
  public var patched: Side?
  public var boxErrorPx: Figure?
  /// How both sides come to the numbers that differ, for the worst few.
  public var formulas: [String]?

  /// A candidate of one side.
  public struct Side: Sendable, Codable, Equatable {
    public var `class`: Int
    public var label: String?
    public var score: Figure
    /// Left, top, right and bottom.
    public var boxInNetworkPixels: [Figure]
  }
}

/// The boxes that are left after suppression.
public struct DetectionsReport: Sendable, Codable, Equatable {
  public var original: [DetectionReport] = []
  public var patched: [DetectionReport] = []
  /// Which detections are one object: an index of each list, `null` where only one side has it.
  public var pairs: [[Int?]] = []
  public var matched = 0
  public var missing = 0
  public var extra = 0
  /// Where an NMS plugin and Ultralytics' post-processing differ by their own definitions; absent
  /// where neither graph ends in such a plugin.
  public var specified: Int?
  public var classMismatches = 0
  public var maxBoxErrorPx: Figure = 0
  public var maxScoreError: Figure = 0

  public init() {}
}

/// One detected object.
public struct DetectionReport: Sendable, Codable, Equatable {
  /// Left, top, right and bottom in pixels of the source image, clipped to it.
  public var box: [Figure]
  public var score: Figure
  /// Counted from 0; -1 when the patched graph's plugin names none.
  public var `class`: Int
  public var label: String?
  /// Where in the heads it comes from, when that is known.
  public var cell: Cell?

  public init(
    box: [Figure], score: Figure, class: Int, label: String?, cell: Cell? = nil
  ) {
    self.box = box
    self.score = score
    self.class = `class`
    self.label = label
  }
}

/// Two tensors, element by element.
public struct TensorReport: Sendable, Codable, Equatable {
  public var original: String
  public var patched: String
  public var pairedBy: Pairing
  public var maxAbsoluteError: Figure
  public var maxRelativeError: Figure
  /// The element with the largest error against its tolerance; absent when all are equal.
  public var worstIndex: [Int]?

  public enum Pairing: String, Sendable, Codable {
    case content, name, order
  }

  public init(
    original: String, patched: String, pairedBy: Pairing, maxAbsoluteError: Figure = 0,
    maxRelativeError: Figure = 0, worstIndex: [Int]? = nil
  ) {
    self.original = original
    self.patched = patched
    self.pairedBy = pairedBy
    self.maxAbsoluteError = maxAbsoluteError
    self.maxRelativeError = maxRelativeError
    self.worstIndex = worstIndex
  }
}
