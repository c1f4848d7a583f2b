import ONNXGraph
import Tensors

/// A mistake in what a network is fed, or in how it is run, as a change to the reference's network.
package enum NetworkChange: Sendable {
  case channelsReversed
  /// The input is multiplied by 255: samples were not scaled to 0...1.
  case notScaled
  /// The input is divided by 255 once more.
  case scaledTwice
  /// The image is stretched to the network's size, not letterboxed.
  case stretched
  /// Resize nodes work by another rule.
  case resize(ResizeRule)
  /// Nodes are as the other graph has them.
  case nodes(NodeChange)

  /// Nodes of the reference's graph in place of which those of another graph are run.
  package struct NodeChange: Sendable {
    package let id: String
    package let text: String
    /// By their places in the graph.
    package let nodes: [Int: Node]
    /// Constants that these read.
    package let constants: [String: Tensor]
    /// The same for each node alone, where there are few: one of them may explain all.
    package let parts: [NodeChange]

    package init(
      id: String, text: String, nodes: [Int: Node], constants: [String: Tensor],
      parts: [NodeChange] = []
    ) {
      self.parts = parts
      self.id = id
      self.text = text
      self.nodes = nodes
      self.constants = constants
    }
  }

  /// How a Resize node finds the values of its result.
  package struct ResizeRule: Hashable, Sendable {
    package var mode: String
    package var coordinates: String
    package var nearest: String

    package init(mode: String, coordinates: String, nearest: String) {
      self.mode = mode
      self.coordinates = coordinates
      self.nearest = nearest
    }
  }

  package var id: String {
    switch self {
    case .channelsReversed: "rgb-bgr"
    case .notScaled: "input-not-scaled"
    case .scaledTwice: "input-scaled-twice"
    case .stretched: "image-stretched"
    case .resize: "node-resize-mode"
    case .nodes(let change): change.id
    }
  }

  /// Smaller changes that may explain as much.
  package var parts: [NetworkChange] {
    if case .nodes(let change) = self { change.parts.map { .nodes($0) } } else { [] }
  }

  package var text: String {
    switch self {
    case .channelsReversed: "red and blue exchanged in the input"
    case .notScaled: "the input is not divided by 255"
    case .scaledTwice: "the input is divided by 255 twice"
    case .stretched: "the image is stretched to the input's size, expected a letterbox"
    case .resize(let rule):
      "Resize nodes work by mode \(rule.mode), coordinates \(rule.coordinates)"
        + (rule.mode == "nearest" ? ", nearest \(rule.nearest)" : "")
    case .nodes(let change): change.text
    }
  }

  /// All that are tried, the cheapest to believe first.
  static let all: [NetworkChange] =
    [.channelsReversed, .scaledTwice, .notScaled, .stretched]
    + ResizeRule.all.map { .resize($0) }

  package static let ids = [
    "rgb-bgr", "input-scaled-twice", "input-not-scaled", "image-stretched", "node-resize-mode",
    "node-attributes", "node-operator", "weights",
  ]
}

extension NetworkChange.ResizeRule {
  /// Rules that give different results where a map is doubled.
  static let all: [Self] = [
    .init(mode: "nearest", coordinates: "asymmetric", nearest: "floor"),
    .init(mode: "nearest", coordinates: "asymmetric", nearest: "ceil"),
    .init(mode: "nearest", coordinates: "half_pixel", nearest: "floor"),
    .init(mode: "nearest", coordinates: "align_corners", nearest: "round_prefer_floor"),
    .init(mode: "linear", coordinates: "half_pixel", nearest: "floor"),
    .init(mode: "linear", coordinates: "asymmetric", nearest: "floor"),
    .init(mode: "linear", coordinates: "align_corners", nearest: "floor"),
    .init(mode: "cubic", coordinates: "half_pixel", nearest: "floor"),
  ]
}
