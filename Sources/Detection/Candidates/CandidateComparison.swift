import BoxMath

/// What comparing the candidates of two graphs on one image found.
public struct CandidateComparison: Sendable, Equatable {
  /// Candidates of each side.
  public var original = 0
  public var patched = 0
  /// Candidates of the same cell on both sides.
  public var matched = 0
  /// Candidates of the original alone, and of the patched graph alone.
  public var missing = 0
  public var extra = 0
  /// Candidates of one side alone, or of two classes, that rounding may decide.
  public var ambiguous = 0
  /// Candidates in which the plugin and Ultralytics' post-processing differ by definition.
  public var specified = 0
  /// Matched candidates whose classes differ.
  public var classMismatches = 0
  /// Matched candidates further apart than the tolerance, or not finite.
  public var different = 0
  /// Candidates with a NaN or an infinity on either side, matched or not.
  public var nonFinite = 0
  /// The largest errors of matched candidates that are finite; the score is objectness times class.
  public var maxBoxErrorPx: Float = 0
  public var maxScoreError: Float = 0
  /// What was found of single candidates, ``findingLimit`` of them: what fails a verdict first, what
  /// is furthest apart before the rest.
  public var findings: [Finding] = []

  /// How many findings are kept.
  public static let findingLimit = 100

  /// What is to be said of one candidate.
  public struct Finding: Sendable, Equatable {
    public enum Kind: String, Sendable, Codable {
      /// Of one side alone.
      case missing, extra
      /// What rounding or definition allows.
      case ambiguous, specified
      /// Of another class, of another centre, of another size, of another score.
      case reclassified, moved, resized, rescored
      case nonFinite

      /// Whether a finding of this kind fails no verdict.
      public var isAllowed: Bool { self == .ambiguous || self == .specified }
    }

    public var kind: Kind
    /// What else is different, less than that.
    public var also: [Kind] = []
    public var cell: Cell?
    /// The row of a plugin's outputs, the patched graph's where both have one.
    public var row: Int?
    /// Class and score on each side, where there is a candidate.
    public var original: Side?
    public var patched: Side?
    public var boxErrorPx: Float?
  }

  /// A candidate of one side.
  public struct Side: Sendable, Equatable {
    public var boxInNetworkPixels: Box
    public var classIndex: Int
    public var score: Float

    init(_ candidate: Candidate) {
      boxInNetworkPixels = candidate.boxInNetworkPixels
      classIndex = candidate.classIndex
      score = candidate.score
    }
  }

  public init() {}

  mutating func add(_ finding: Finding) {
    switch finding.kind {
    case .missing: missing += 1
    case .extra: extra += 1
    case .ambiguous: ambiguous += 1
    case .specified: specified += 1
    case .reclassified: classMismatches += 1
    case .moved, .resized, .rescored: different += 1
    case .nonFinite: nonFinite += 1
    }
    findings.append(finding)
  }

  /// Puts the findings in order and drops those that are too many.
  mutating func sortFindings() {
    func weight(_ finding: Finding) -> (Int, Float) {
      (finding.kind.isAllowed ? 1 : 0, -(finding.boxErrorPx.map { $0.isFinite ? $0 : 0 } ?? 0))
    }
    let order = findings.indices.sorted { a, b in
      let (left, right) = (weight(findings[a]), weight(findings[b]))
      return (left.0, left.1, a) < (right.0, right.1, b)
    }
    findings = order.prefix(Self.findingLimit).map { findings[$0] }
  }

  /// Whether nothing was found that fails a verdict; true also when there were no candidates.
  public var agrees: Bool {
    missing == 0 && extra == 0 && classMismatches == 0 && different == 0 && nonFinite == 0
  }
}
