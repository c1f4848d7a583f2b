/// What a comparison of two graphs found.
///
/// Encoded as JSON it is the report that scripts read: keys stand for parts that apply, and figures
/// without a finite value are `null`.
public struct Report: Sendable, Codable, Equatable {
  /// The version of the report's format.
  public var schema = 1
  public var verdict: Verdict
  /// Why the verdict is not `equivalent`: one line each, the weightiest first.
  public var reasons: [String] = []
  /// What is worth knowing and decides nothing.
  public var notes: [String] = []
  /// What was skipped, and why; absent where nothing was.
  public var notCompared: [NotComparedReport]?
  public var original: GraphReport
  public var patched: GraphReport
  /// The record in the original's place, where there is one.
  public var golden: GoldenReport?
  public var sharing: Sharing?
  /// The patched side when it is what an engine wrote; the original is then the graph's reference.
  public var dump: DumpReport?
  public var images: [ImageReport] = []
  /// What both graphs made of synthetic pictures; absent where none were fed.
  public var synthetic: [ImageReport]?
  /// Absent where the graphs' ends were not fed made-up maps.
  public var stress: StressReport?
  public var coverage: CoverageReport?
  /// Where the networks drift apart, when they are not the same and the verdict is `different` or
  /// precision was asked for; on the first image that was compared.
  public var drift: DriftReport?
  /// What would explain the differences, the best first; absent where there are none.
  public var diagnosis: [DiagnosisReport]?
  public var timings = Timings()
  /// Those of the reasons that are errors: what could not be read or run. Not encoded by itself.
  public var failures: [String] = []

  /// What a script that reads standard error alone is to know: what could not be read or run, or else
  /// why an undecided comparison is.
  public var failuresOnStandardError: [String] {
    guard failures.isEmpty, verdict == .undecided else { return failures }
    return [reasons.first ?? "undecided: nothing could be compared"]
  }

  private enum CodingKeys: String, CodingKey {
    case schema, verdict, reasons, notes, notCompared, original, patched, golden, sharing, dump,
      images, synthetic, stress,
      coverage, drift, diagnosis, timings
  }

  public init(verdict: Verdict, original: GraphReport, patched: GraphReport) {
    self.verdict = verdict
    self.original = original
    self.patched = patched
  }
}

/// Something that the verdict does not rest on.
public struct NotComparedReport: Sendable, Codable, Hashable {
  /// An output, a test.
  public var what: String
  public var why: String

  public init(what: String, why: String) {
    self.what = what
    self.why = why
  }
}

/// What a comparison comes to.
public enum Verdict: String, Sendable, Codable, CaseIterable {
  case equivalent
  case different
  /// Nothing could be compared, or not enough to say.
  case undecided

  /// The command's exit status.
  public var exitStatus: Int32 {
    switch self {
    case .equivalent: 0
    case .different: 1
    case .undecided: 2
    }
  }
}

/// One of the two graphs.
public struct GraphReport: Sendable, Codable, Equatable {
  public var path: String
  /// Of the model file's bytes, in hexadecimal.
  public var sha256: String?
  /// What the graph ends in, as the contract names it; `nil` when it could not be told.
  public var form: String?
  /// The outputs that detections are read from; absent where there are none.
  public var readFrom: [String]?
  /// Whether the graph gives out more than these. Not encoded.
  public var hasOtherOutputs = false

  private enum CodingKeys: String, CodingKey { case path, sha256, form, readFrom }

  public init(path: String, sha256: String? = nil, form: String? = nil) {
    self.path = path
    self.sha256 = sha256
    self.form = form
  }
}

/// A record that a graph was held against.
public struct GoldenReport: Sendable, Codable, Equatable {
  /// The version of the record's format.
  public var schema: Int
  /// What made the record.
  public var tool: String

  public init(schema: Int, tool: String) {
    self.schema = schema
    self.tool = tool
  }
}

/// What an engine wrote.
public struct DumpReport: Sendable, Codable, Equatable {
  /// How the file is written, as `Dump.Format` names it; `nil` when it could not be read.
  public var format: String?
  /// Decimal digits that numbers were rounded to; absent where every bit was kept.
  public var significantDigits: Int?
  /// What the engine is said to compute in.
  public var engine: EnginePrecision

  public init(format: String? = nil, significantDigits: Int? = nil, engine: EnginePrecision) {
    self.format = format
    self.significantDigits = significantDigits
    self.engine = engine
  }
}

/// How long the parts of a comparison took.
public struct Timings: Sendable, Codable, Equatable {
  public var loadSeconds: Figure = 0
  public var inferenceSeconds: Figure = 0
  /// Of making made-up cases, running and judging them.
  public var stressSeconds: Figure = 0
  public var totalSeconds: Figure = 0

  public init() {}
}
