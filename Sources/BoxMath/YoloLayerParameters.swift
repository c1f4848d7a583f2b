import Tensors

/// What a `YoloLayer_TRT` node is configured with: the attributes of NVIDIA-AI-IOT's
/// `yolov5_gpu_optimization` plugin, with its creator's defaults, checked.
public struct YoloLayerParameters: Sendable, Equatable {
  public static let operatorType = "YoloLayer_TRT"
  /// The plugin's outputs in order, by the names its patch gives them.
  public static let outputNames = [
    "DecodeNumDetection", "DecodeDetectionBoxes", "DecodeDetectionScores",
    "DecodeDetectionClasses",
  ]
  /// Feature maps the plugin takes.
  public static let mapCount = 3
  /// Anchors of each map.
  public static let anchorsPerMap = 3

  public static let defaultMaximumStride = 32
  public static let defaultClassCount = 80
  public static let defaultScoreThreshold: Float = 0

  /// The network's input size over the last map's size.
  public let maximumStride: Int
  public let classCount: Int
  /// For each map in the order of the inputs, the sizes of its anchors.
  public let anchors: [[AnchorSize]]
  /// Cells whose objectness is below this are dropped.
  public let scoreThreshold: Float

  /// - Parameters: the node's attributes `max_stride`, `num_classes`, `anchors` (width and height
  ///   of three anchors for each of three maps, in pixels) and `prenms_score_threshold`; `nil` for
  ///   one that is absent.
  public init(
    maximumStride: Int?, classCount: Int?, anchors: [Float]?, scoreThreshold: Float?
  ) throws(InvalidParameters) {
    let positive = 1...Int(Int32.max)
    self.maximumStride = try InvalidParameters.checked(
      maximumStride ?? Self.defaultMaximumStride, "max_stride", in: positive)
    self.classCount = try InvalidParameters.checked(
      classCount ?? Self.defaultClassCount, "num_classes", in: positive)
    self.scoreThreshold = scoreThreshold ?? Self.defaultScoreThreshold
    guard self.scoreThreshold.isFinite else {
      throw InvalidParameters(
        "attribute prenms_score_threshold is \(self.scoreThreshold), expected a finite number")
    }
    self.anchors = try Self.sizes(anchors)
  }

  /// The parameters a node gives.
  package init(_ attributes: inout some PluginAttributes & ~Copyable) throws {
    try self.init(
      maximumStride: attributes.int("max_stride"), classCount: attributes.int("num_classes"),
      anchors: attributes.floats("anchors"),
      scoreThreshold: attributes.float("prenms_score_threshold"))
  }

  /// Attributes that may be absent, and what then applies.
  package static let defaults = [
    ("max_stride", "\(defaultMaximumStride)"), ("num_classes", "\(defaultClassCount)"),
    ("prenms_score_threshold", "\(defaultScoreThreshold)"),
  ]

  /// The channels each map has: x, y, width, height, objectness and the classes of each anchor.
  public var channelCount: Int { Self.anchorsPerMap * (5 + classCount) }

  /// The decoder of each map, in the order of the inputs.
  ///
  /// - Parameter sizes: rows and columns of each map.
  public func decoders<T: FloatingElement>(
    for sizes: [(rows: Int, columns: Int)]
  ) throws(InvalidParameters) -> [HeadDecoder<T>] {
    let width = (sizes.last?.columns ?? 0).multipliedReportingOverflow(by: maximumStride)
    let height = (sizes.last?.rows ?? 0).multipliedReportingOverflow(by: maximumStride)
    guard !width.overflow, !height.overflow else {
      throw InvalidParameters(
        "attribute max_stride is \(maximumStride), which is too large")
    }
    return zip(sizes, anchors).map { size, anchors in
      HeadDecoder(
        columns: size.columns, rows: size.rows, networkWidth: Double(width.partialValue),
        networkHeight: Double(height.partialValue), anchors: anchors)
    }
  }

  private static func sizes(_ values: [Float]?) throws(InvalidParameters) -> [[AnchorSize]] {
    let expected = mapCount * anchorsPerMap * 2
    guard let values else {
      throw InvalidParameters(
        "attribute anchors is absent, expected \(expected) numbers: width and height "
          + "of \(anchorsPerMap) anchors for each of \(mapCount) maps")
    }
    guard values.count == expected else {
      throw InvalidParameters(
        "attribute anchors has \(values.count) numbers, expected \(expected)")
    }
    if let wrong = values.first(where: { !$0.isFinite }) {
      throw InvalidParameters(
        "attribute anchors holds \(wrong), expected finite numbers")
    }
    return (0..<mapCount).map { map in
      (0..<anchorsPerMap).map { anchor in
        let first = 2 * (map * anchorsPerMap + anchor)
        return AnchorSize(width: values[first], height: values[first + 1])
      }
    }
  }
}
