/// What a `BatchedNMS_TRT` or `BatchedNMSDynamic_TRT` node is configured with: the attributes of
/// NVIDIA/TensorRT's `plugin/batchedNMSPlugin`, version 1, with its creator's defaults, checked.
public struct BatchedNMSParameters: Sendable, Equatable {
  /// With the batch as a dimension of its own, and as TensorRT's implicit one.
  public static let dynamicOperatorType = "BatchedNMSDynamic_TRT"
  public static let staticOperatorType = "BatchedNMS_TRT"
  /// Boxes of a class that can take part: eight to each of 512 threads.
  public static let largestCandidateLimit = 4096

  public static let defaultIsNormalized = true
  public static let defaultClipsBoxes = true
  public static let defaultScoreBits = 16
  public static let defaultUsesCaffeSemantics = true

  /// `shareLocation`: whether a box stands for all classes and not for one.
  public let sharesBoxes: Bool
  /// `backgroundLabelId`: a class that is never given out; -1 for none.
  public let backgroundClass: Int
  /// `numClasses`
  public let classCount: Int
  /// `topK`: boxes of each class that take part, highest score first.
  public let candidateLimitPerClass: Int
  /// `keepTopK`: rows given out at most, over all classes.
  public let maximumCount: Int
  /// `scoreThreshold`: a score has to be above this.
  public let scoreThreshold: Float
  /// `iouThreshold`: a box is dropped when it overlaps a kept one of its class by more than this.
  public let iouThreshold: Float
  /// `isNormalized`: whether a width is the difference of the corners, and not one more.
  public let isNormalized: Bool
  /// `clipBoxes`: whether coordinates are cut off at 0 and 1 when they are given out.
  public let clipsBoxes: Bool
  /// `scoreBits`: the upper bits float16 scores are sorted by, when 1 to 10; of no effect here.
  public let scoreBits: Int
  /// `caffeSemantics`: whether an intersection's width is one more, too.
  public let usesCaffeSemantics: Bool

  /// - Throws: for numbers the plugin does not run with, or gives nothing out with.
  public init(
    sharesBoxes: Bool, backgroundClass: Int, classCount: Int, candidateLimitPerClass: Int,
    maximumCount: Int, scoreThreshold: Float, iouThreshold: Float, isNormalized: Bool? = nil,
    clipsBoxes: Bool? = nil, scoreBits: Int? = nil, usesCaffeSemantics: Bool? = nil
  ) throws(InvalidParameters) {
    let int32 = Int(Int32.min)...Int(Int32.max)
    let positive = 1...Int(Int32.max)
    self.sharesBoxes = sharesBoxes
    self.backgroundClass = try InvalidParameters.checked(
      backgroundClass, "backgroundLabelId", in: int32)
    self.classCount = try InvalidParameters.checked(classCount, "numClasses", in: positive)
    self.candidateLimitPerClass = try InvalidParameters.checked(
      candidateLimitPerClass, "topK", in: 1...Self.largestCandidateLimit)
    self.maximumCount = try InvalidParameters.checked(maximumCount, "keepTopK", in: positive)
    guard maximumCount <= candidateLimitPerClass else {
      throw InvalidParameters(
        "attribute keepTopK is \(maximumCount), expected at most topK, which is "
          + "\(candidateLimitPerClass): the plugin gives nothing out")
    }
    self.scoreThreshold = try InvalidParameters.checkedThreshold(scoreThreshold, "scoreThreshold")
    self.iouThreshold = try InvalidParameters.checkedThreshold(iouThreshold, "iouThreshold")
    self.isNormalized = isNormalized ?? Self.defaultIsNormalized
    self.clipsBoxes = clipsBoxes ?? Self.defaultClipsBoxes
    self.scoreBits = try InvalidParameters.checked(
      scoreBits ?? Self.defaultScoreBits, "scoreBits", in: int32)
    self.usesCaffeSemantics = usesCaffeSemantics ?? Self.defaultUsesCaffeSemantics
  }

  /// The parameters a node gives.
  package init(_ attributes: inout some PluginAttributes & ~Copyable) throws {
    func required<Value>(_ value: Value?, _ name: String) throws(InvalidParameters) -> Value {
      try InvalidParameters.required(value, name)
    }
    try self.init(
      sharesBoxes: required(attributes.flag("shareLocation"), "shareLocation"),
      backgroundClass: required(attributes.int("backgroundLabelId"), "backgroundLabelId"),
      classCount: required(attributes.int("numClasses"), "numClasses"),
      candidateLimitPerClass: required(attributes.int("topK"), "topK"),
      maximumCount: required(attributes.int("keepTopK"), "keepTopK"),
      scoreThreshold: required(attributes.float("scoreThreshold"), "scoreThreshold"),
      iouThreshold: required(attributes.float("iouThreshold"), "iouThreshold"),
      isNormalized: attributes.flag("isNormalized"), clipsBoxes: attributes.flag("clipBoxes"),
      scoreBits: attributes.int("scoreBits"), usesCaffeSemantics: attributes.flag("caffeSemantics"))
  }

  /// Attributes that may be absent, and what then applies.
  package static let defaults = [
    ("isNormalized", defaultIsNormalized ? "1" : "0"), ("clipBoxes", defaultClipsBoxes ? "1" : "0"),
    ("scoreBits", "\(defaultScoreBits)"),
    ("caffeSemantics", defaultUsesCaffeSemantics ? "1" : "0"),
  ]

  /// What the plugin does with these numbers.
  public var suppression: PluginSuppression {
    var suppression = NonMaximumSuppression(
      iouThreshold: iouThreshold, maximumCount: maximumCount)
    suppression.candidateLimitPerClass = candidateLimitPerClass
    suppression.overlap =
      isNormalized ? .orderedArea : .pixels(countsInIntersection: usesCaffeSemantics)
    return PluginSuppression(
      scoreThreshold: scoreThreshold, admitsThreshold: false, backgroundClass: backgroundClass,
      tieOrder: .classFirst, suppression: suppression, clipsBoxes: clipsBoxes)
  }
}
