import Detection

/// What of a comparison is rounding: both graphs in their own types beside both in float64.
public struct PrecisionReport: Sendable, Codable, Equatable {
  /// What rounding does to each tensor that is compared.
  public var outputs: [OutputNoise] = []
  /// What it does to every cell; absent where there are none.
  public var cells: CellPrecision?
  /// Outputs that were compared as tensors, in float64.
  public var tensors: [ExactTensor]?

  public init() {}

  /// An output of one graph against itself in float64: its noise floor.
  public struct OutputNoise: Sendable, Codable, Equatable {
    public var graph: Side
    public var name: String
    public var maxError: Figure
    public var rmsError: Figure
  }

  public enum Side: String, Sendable, Codable {
    case original, patched
  }

  public struct CellPrecision: Sendable, Codable, Equatable {
    /// The original against itself in float64.
    public var original: Errors
    /// The patched graph against itself in float64.
    public var patched: Errors
    /// The patched graph against the original, both in float64: what is not rounding.
    public var exactDifference: Errors
    /// The larger of what rounding does to either graph.
    public var noiseFloor: Errors
    /// The graph whose cells are closer to the original's in float64; absent when both are as close.
    public var nearer: Side?
    /// The largest errors of the comparison in units of the noise floor.
    public var boxErrorInNoise: Figure
    public var scoreErrorInNoise: Figure
  }

  /// Errors in pixels of the network's input and in scores.
  public struct Errors: Sendable, Codable, Equatable {
    public var maxBoxErrorPx: Figure
    public var rmsBoxErrorPx: Figure
    public var maxScoreError: Figure
    public var rmsScoreError: Figure

    init(_ errors: CellErrors) {
      maxBoxErrorPx = Figure(errors.maxBoxErrorPx)
      rmsBoxErrorPx = Figure(errors.rmsBoxErrorPx)
      maxScoreError = Figure(errors.maxScoreError)
      rmsScoreError = Figure(errors.rmsScoreError)
    }
  }

  public struct ExactTensor: Sendable, Codable, Equatable {
    public var original: String
    public var patched: String
    public var maxAbsoluteError: Figure
  }
}

/// What an engine of a narrower format makes of the patched graph, beside the same in float32.
public struct SimulationReport: Sendable, Codable, Equatable {
  public var format: String
  /// Whether only the maps that the decode reads were rounded.
  public var headsOnly: Bool
  /// Over every cell: how far boxes and scores move. Absent where there are none.
  public var cells: Movement?
  public var candidates: Survival?
  public var detections: Survival?
  /// Of outputs that are no detections, how far each moves.
  public var outputs: [PrecisionReport.OutputNoise]?
  /// What a comparison with such an engine has to allow: twice what the cells move by.
  public var neededTolerances: DetectionTolerance?

  init(_ simulation: Simulation) {
    format = simulation.format.rawValue
    headsOnly = simulation.headsOnly
  }

  public struct Movement: Sendable, Codable, Equatable {
    public var maxBoxErrorPx: Figure
    public var maxScoreError: Figure
    /// Cells that hold NaN or infinity.
    public var nonFinite: Int
  }

  public struct Survival: Sendable, Codable, Equatable {
    /// How many there are in float32.
    public var before: Int
    /// How many there are in the engine's format.
    public var after: Int
    public var matched: Int
    public var lost: Int
    public var new: Int
    /// Matched ones that are of another class.
    public var reclassified: Int
    public var maxBoxErrorPx: Figure
    public var maxScoreError: Figure
  }
}

/// Where two graphs whose networks are not the same drift apart, on one image.
public struct DriftReport: Sendable, Codable, Equatable {
  /// Layers that a comparison names.
  static let rankedLimit = 5

  public var image: String
  public var pairs: LayerPairs
  /// The first layer beyond its noise floor.
  public var first: LayerReport?
  /// The layers that add most, at most five.
  public var ranked: [LayerReport]

  /// Layers that a diagnosis names.
  private static let namedLimit = 3

  /// Those that add most, or where none is known to add anything the first that differs.
  var namedLayers: [String] {
    let layers = ranked.isEmpty ? first.map { [$0] } ?? [] : ranked
    return layers.prefix(Self.namedLimit).map {
      "\($0.node) (\($0.added.text) to values up to \($0.magnitude.text))"
    }
  }
}
