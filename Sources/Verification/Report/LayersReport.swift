/// What comparing two graphs tensor by tensor on one image found.
public struct LayersReport: Sendable, Codable, Equatable {
  /// The version of the report's format.
  public var schema = 1
  /// `equivalent` when no layer is beyond its noise floor.
  public var verdict: Verdict
  public var reasons: [String] = []
  public var notes: [String] = []
  public var original: GraphReport
  public var patched: GraphReport
  public var image: String
  public var inputShape: [Int]?
  public var sharing: Sharing?
  public var pairs: LayerPairs?
  /// The first layer beyond its noise floor.
  public var first: LayerReport?
  /// The layers that add more than their noise floor, the one that adds most first.
  public var ranked: [LayerReport] = []
  /// All pairs, in the order of the patched graph.
  public var layers: [LayerReport] = []
  /// What could not be read or run. Not encoded by itself.
  public var failures: [String] = []

  private enum CodingKeys: String, CodingKey {
    case schema, verdict, reasons, notes, original, patched, image, inputShape, sharing, pairs
    case first, ranked, layers
  }

  public init(original: GraphReport, patched: GraphReport, image: String) {
    verdict = .undecided
    self.original = original
    self.patched = patched
    self.image = image
  }
}

/// How many tensors were paired in which way, and how many layers only one graph has.
public struct LayerPairs: Sendable, Codable, Equatable {
  public var content = 0
  public var name = 0
  public var structure = 0
  public var originalOnly = 0
  public var patchedOnly = 0

  public init() {}
}

/// A tensor of the patched graph beside the original's.
public struct LayerReport: Sendable, Codable, Equatable {
  public enum Pairing: String, Sendable, Codable {
    case content, name, structure
  }

  /// The patched graph's node that makes it, by its operator and name.
  public var node: String
  public var original: String
  public var patched: String
  public var pairedBy: Pairing
  public var shape: [Int]
  /// The largest magnitude of the original's elements.
  public var magnitude: Figure
  /// The largest error that the rounding of either graph leaves, against itself in float64.
  public var noiseFloor: Figure
  /// The root mean square of those errors, of the graph with the larger one.
  public var noiseRMS: Figure
  /// The largest distance of the two graphs.
  public var difference: Figure
  /// The largest distance of the two graphs in float64: what rounding does not explain.
  public var exactDifference: Figure
  /// The largest error that the layer makes itself, fed what the original's reads, in float64.
  public var added: Figure
  /// The root mean square of those errors over that of the tensor.
  public var addedRelative: Figure
  /// Whether the graphs are further apart than rounding explains.
  public var isBeyondNoise: Bool
  /// Whether the layer itself is.
  public var addsBeyondNoise: Bool
}
