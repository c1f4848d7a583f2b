import Detection
import Kernels

/// What counts as a detection, how images are fed and how far the graphs may be apart.
public struct ComparisonOptions: Sendable {
  /// A detection's score must exceed this.
  public var confidence: Float = 0.25
  /// The overlap above which a box is suppressed by a better one of its class.
  public var iou: Float = 0.45
  /// How many detections are kept at most.
  public var maximumDetections = 300
  /// How pixels become the network's input.
  public var preprocessing = Preprocessing()
  /// How pixels become the input of one graph alone, where that is done otherwise than for both.
  public var originalPreprocessing: Preprocessing?
  public var patchedPreprocessing: Preprocessing?
  /// What the user says of each graph's outputs, where it cannot be shown.
  public var originalDeclaration = OutputDeclaration()
  public var patchedDeclaration = OutputDeclaration()
  /// The size of the network's input; only for graphs that take any size.
  public var inputSize: InputSize?
  /// Allowed errors in place of the derived ones.
  public var boxTolerance: Float?
  public var scoreTolerance: Float?
  public var tensorTolerance: Float?
  /// Whether both graphs are run in float64 as well, to tell what of a difference is rounding.
  public var comparesInFloat64 = false
  /// What an engine rounds, to tell which of the patched graph's detections survive it.
  public var simulation: Simulation?
  /// How float32 convolutions are computed.
  public var convolution = ConvolutionMethod.fastest
  /// Made-up cases that the graphs' ends are fed at least; 0 for none. The cells of a network's
  /// input of 640x640 are that many.
  public var stressCases = 25_200
  /// What the made-up cases are made from.
  public var stressSeed: UInt64 = 0
  /// Whether what both graphs compute is computed once.
  public var sharesNodes = true
  /// Threads to use; `nil` for all that the process may use.
  public var threads: Int?
  /// Whether the report names the models' SHA-256.
  public var hashesModels = false

  public init() {}
}

extension ComparisonOptions {
  var declarations: Pair<OutputDeclaration> {
    Pair(original: originalDeclaration, patched: patchedDeclaration)
  }

  /// Whether pixels become both graphs' input in one way.
  var feedsTheSame: Bool { preprocessings.original == preprocessings.patched }

  /// How pixels become each graph's input.
  var preprocessings: Pair<Preprocessing> {
    Pair(
      original: originalPreprocessing ?? preprocessing,
      patched: patchedPreprocessing ?? preprocessing)
  }
}

/// A size of the network's input for graphs that leave it open.
public enum InputSize: Sendable, Equatable {
  case fixed(height: Int, width: Int)
  /// As small as the image allows in multiples of the stride, the longer side 640.
  case rectangular
}

/// An option that does not go with the models: wrong usage, one line.
public struct UsageError: Error, CustomStringConvertible, Sendable {
  public let description: String

  init(_ description: String) { self.description = description }
}

extension DetectionTolerance {
  /// With what the options ask for in place of what is derived.
  func overridden(by options: ComparisonOptions) -> DetectionTolerance {
    DetectionTolerance(
      boxPx: options.boxTolerance ?? boxPx,
      boxRelative: options.boxTolerance == nil ? boxRelative : nil,
      score: options.scoreTolerance ?? score)
  }
}
