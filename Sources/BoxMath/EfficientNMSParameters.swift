import Glibc

/// What an `EfficientNMS_TRT` node is configured with: the attributes of NVIDIA/TensorRT's
/// `plugin/efficientNMSPlugin`, version 1, with its own defaults, checked.
public struct EfficientNMSParameters: Sendable, Equatable {
  public static let operatorType = "EfficientNMS_TRT"
  /// Candidates of an image that take part, highest score first: what the plugin's `initialize()`
  /// sets, whatever its header says (2000 on Jetson TX1 and TX2).
  public static let candidateLimit = 5000

  public static let defaultScoreThreshold: Float = 0.5
  public static let defaultIoUThreshold: Float = 0.5
  public static let defaultMaximumCount = 100
  public static let defaultBackgroundClass = -1
  public static let defaultAppliesSigmoid = false
  public static let defaultIsClassAgnostic = false
  public static let defaultBoxCoding = BoxCoding.corners

  /// `score_threshold`: a score has to be at least this.
  public let scoreThreshold: Float
  /// `iou_threshold`: a box is dropped when it overlaps a kept one by at least this.
  public let iouThreshold: Float
  /// `max_output_boxes`: rows given out at most, over all classes.
  public let maximumCount: Int
  /// `background_class`: a class that is never given out; -1 for none.
  public let backgroundClass: Int
  /// `score_activation`: whether the scores come in as logits.
  public let appliesSigmoid: Bool
  /// `class_agnostic`: whether boxes of all classes suppress each other.
  public let isClassAgnostic: Bool
  /// `box_coding`
  public let boxCoding: BoxCoding

  /// - Parameters: the node's attributes; `nil` for one that is absent.
  /// - Throws: for numbers the plugin does not run with.
  public init(
    scoreThreshold: Float? = nil, iouThreshold: Float? = nil, maximumCount: Int? = nil,
    backgroundClass: Int? = nil, appliesSigmoid: Bool? = nil, isClassAgnostic: Bool? = nil,
    boxCoding: BoxCoding? = nil
  ) throws(InvalidParameters) {
    self.scoreThreshold = try InvalidParameters.checkedThreshold(
      scoreThreshold ?? Self.defaultScoreThreshold, "score_threshold")
    self.iouThreshold = try InvalidParameters.checkedThreshold(
      iouThreshold ?? Self.defaultIoUThreshold, "iou_threshold")
    guard self.iouThreshold > 0 else {
      throw InvalidParameters("attribute iou_threshold is 0, expected a number above 0")
    }
    self.maximumCount = try InvalidParameters.checked(
      maximumCount ?? Self.defaultMaximumCount, "max_output_boxes", in: 1...Int(Int32.max))
    self.backgroundClass = try InvalidParameters.checked(
      backgroundClass ?? Self.defaultBackgroundClass, "background_class",
      in: Int(Int32.min)...Int(Int32.max))
    self.appliesSigmoid = appliesSigmoid ?? Self.defaultAppliesSigmoid
    self.isClassAgnostic = isClassAgnostic ?? Self.defaultIsClassAgnostic
    self.boxCoding = boxCoding ?? Self.defaultBoxCoding
  }

  /// The parameters a node gives.
  package init(_ attributes: inout some PluginAttributes & ~Copyable) throws {
    let coding = try attributes.int("box_coding").map { number in
      guard let coding = BoxCoding(rawValue: number) else {
        throw InvalidParameters("attribute box_coding is \(number), expected 0 or 1")
      }
      return coding
    }
    try self.init(
      scoreThreshold: attributes.float("score_threshold"),
      iouThreshold: attributes.float("iou_threshold"),
      maximumCount: attributes.int("max_output_boxes"),
      backgroundClass: attributes.int("background_class"),
      appliesSigmoid: attributes.flag("score_activation"),
      isClassAgnostic: attributes.flag("class_agnostic"), boxCoding: coding)
  }

  /// Attributes that may be absent, and what then applies; TensorRT 10 requires all but
  /// `class_agnostic`.
  package static let defaults = [
    ("score_threshold", "\(defaultScoreThreshold)"), ("iou_threshold", "\(defaultIoUThreshold)"),
    ("max_output_boxes", "\(defaultMaximumCount)"),
    ("background_class", "\(defaultBackgroundClass)"),
    ("score_activation", defaultAppliesSigmoid ? "1" : "0"),
    ("class_agnostic", defaultIsClassAgnostic ? "1" : "0"),
    ("box_coding", "\(defaultBoxCoding.rawValue)"),
  ]

  /// What the plugin does with these numbers, on scores that are probabilities.
  public var suppression: PluginSuppression {
    var suppression = NonMaximumSuppression(
      iouThreshold: iouThreshold, maximumCount: maximumCount)
    suppression.dropsAtThreshold = true
    suppression.overlap = .orderedArea
    suppression.isClassAgnostic = isClassAgnostic
    suppression.candidateLimit = Self.candidateLimit
    return PluginSuppression(
      scoreThreshold: scoreThreshold, admitsThreshold: true, backgroundClass: backgroundClass,
      tieOrder: .boxFirst, suppression: suppression, clipsBoxes: false)
  }

  /// What the plugin does with the scores as they come in. Logits are compared with the threshold's
  /// own, -32768 where it is 0, and keep their order.
  public var suppressionOfInputs: PluginSuppression {
    var suppression = suppression
    if appliesSigmoid {
      suppression.scoreThreshold =
        scoreThreshold <= 0 ? -32768 : log(scoreThreshold / (1 - scoreThreshold))
    }
    return suppression
  }
}
