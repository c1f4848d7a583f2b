import Detection
import ONNXGraph
import Tensors

/// The input of a graph that takes the image.
struct ImageInput: Sendable, Equatable {
  enum Layout: Sendable {
    case channelsFirst, channelsLast
  }

  let name: String
  let elementType: ElementType
  let layout: Layout
  /// `nil` where the graph takes any.
  let batch: Int?
  let height: Int?
  let width: Int?

  /// - Throws: when the graph does not take one image and nothing else.
  init(_ model: Model) throws(Refusal) {
    let inputs = model.graph.inputs
    guard inputs.count == 1 else {
      let names = inputs.map { "'\($0.name)'" }.joined(separator: ", ")
      throw Refusal("the graph has \(inputs.count) inputs (\(names)), expected one for the image")
    }
    try self.init(inputs[0])
  }

  /// - Throws: when the input does not take an image.
  init(_ input: ValueInfo) throws(Refusal) {
    let sizes = (input.dimensions ?? [.unknown, .fixed(3), .unknown, .unknown]).map { dimension in
      if case .fixed(let size) = dimension { size } else { nil as Int? }
    }
    let layout: Layout
    if sizes.count == 4, sizes[1] == 3 || (sizes[1] == nil && sizes[3] != 3) {
      layout = .channelsFirst
    } else if sizes.count == 4, sizes[3] == 3 {
      layout = .channelsLast
    } else {
      throw Refusal(
        "input '\(input.name)' is no image of three channels, expected [N,3,H,W] or [N,H,W,3]")
    }
    name = input.name
    elementType = input.elementType ?? .float32
    self.layout = layout
    batch = sizes[0]
    (height, width) = layout == .channelsFirst ? (sizes[2], sizes[3]) : (sizes[1], sizes[2])
  }

  private init(name: String, height: Int?, width: Int?) {
    self.name = name
    elementType = .float32
    layout = .channelsFirst
    batch = 1
    self.height = height
    self.width = width
  }

  /// The same picture as float32 `[1,3,H,W]`.
  var canonical: ImageInput { ImageInput(name: name, height: height, width: width) }

  var hasOpenSize: Bool { height == nil && width == nil }

  /// Whether one tensor can be fed to both.
  func takesTheSame(as other: ImageInput) -> Bool {
    elementType == other.elementType && layout == other.layout
      && (batch == nil || other.batch == nil || batch == other.batch)
  }
}
