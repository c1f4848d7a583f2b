import ONNXGraph
import Tensors

/// The input of a graph that takes the image, and how the image stands in it.
package struct ImageInput: Sendable, Equatable {
  package enum Layout: Sendable {
    /// `[N, C, H, W]`
    case channelsFirst
    /// `[N, H, W, C]`
    case channelsLast
  }

  package let name: String
  package let elementType: ElementType
  package let layout: Layout
  /// 3, or 1 for pictures of grey.
  package let channels: Int
  /// `nil` where the graph takes any.
  package let batch: Int?
  package let height: Int?
  package let width: Int?

  /// The one input of a graph that takes an image.
  ///
  /// - Parameter alone: whether the graph may have no other input.
  /// - Throws: when none takes an image, or several do.
  package init(_ graph: Graph, alone: Bool = true) throws(DetectionError) {
    let inputs = graph.inputs
    if inputs.count == 1 {
      try self.init(inputs[0])
      return
    }
    let images = alone ? [] : inputs.compactMap { input in try? ImageInput(input) }
    guard images.count == 1 else {
      let names = inputs.map { "'\(shown: $0.name)'" }.joined(separator: ", ")
      throw DetectionError(
        "the graph has \(inputs.count) inputs (\(names)), expected one for the image")
    }
    self = images[0]
  }

  /// - Throws: when the input does not take an image.
  package init(_ input: ValueInfo) throws(DetectionError) {
    let sizes = (input.dimensions ?? [.unknown, .fixed(3), .unknown, .unknown]).map { dimension in
      if case .fixed(let size) = dimension { size } else { nil as Int? }
    }
    func isChannels(_ size: Int?) -> Bool { size == 3 || size == 1 }
    let layout: Layout
    if sizes.count == 4, isChannels(sizes[1]) || (sizes[1] == nil && !isChannels(sizes[3])) {
      layout = .channelsFirst
    } else if sizes.count == 4, isChannels(sizes[3]) {
      layout = .channelsLast
    } else {
      throw DetectionError(
        "input '\(shown: input.name)' is no image of three channels or one, expected [N,3,H,W] or "
          + "[N,H,W,3]")
    }
    name = input.name
    elementType = input.elementType ?? .float32
    self.layout = layout
    channels = (layout == .channelsFirst ? sizes[1] : sizes[3]) ?? 3
    batch = sizes[0]
    (height, width) = layout == .channelsFirst ? (sizes[2], sizes[3]) : (sizes[1], sizes[2])
  }

  private init(name: String, channels: Int, height: Int?, width: Int?) {
    self.name = name
    elementType = .float32
    layout = .channelsFirst
    self.channels = channels
    batch = 1
    self.height = height
    self.width = width
  }

  /// The same picture as float32 `[1, C, H, W]`.
  package var canonical: ImageInput {
    ImageInput(name: name, channels: channels, height: height, width: width)
  }

  package var hasOpenSize: Bool { height == nil && width == nil }

  /// Height and width of a tensor that is fed.
  package func size(of shape: Shape) -> (height: Int, width: Int) {
    layout == .channelsFirst ? (shape[2], shape[3]) : (shape[1], shape[2])
  }

  /// The dimensions of a tensor of pictures.
  package func dimensions(batch: Int, height: Int, width: Int) -> [Int] {
    layout == .channelsFirst
      ? [batch, channels, height, width] : [batch, height, width, channels]
  }

  /// Whether one tensor can be fed to both.
  package func takesTheSame(as other: ImageInput) -> Bool {
    elementType == other.elementType && layout == other.layout && channels == other.channels
      && (batch == nil || other.batch == nil || batch == other.batch)
  }
}
