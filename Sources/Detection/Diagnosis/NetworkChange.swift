/// A mistake in what a network is fed, or in how it is run, as a change to the reference's network.
package enum NetworkChange: Hashable, Sendable {
  case channelsReversed
  /// The input is multiplied by 255: samples were not scaled to 0...1.
  case notScaled
  /// The input is divided by 255 once more.
  case scaledTwice
  /// The image is stretched to the network's size, not letterboxed.
  case stretched
  /// Resize nodes work by another rule.
  case resize(ResizeRule)

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
    }
  }

  var text: String {
    switch self {
    case .channelsReversed: "red and blue exchanged in the input"
    case .notScaled: "the input is not divided by 255"
    case .scaledTwice: "the input is divided by 255 twice"
    case .stretched: "the image is stretched to the input's size, expected a letterbox"
    case .resize(let rule):
      "Resize nodes work by mode \(rule.mode), coordinates \(rule.coordinates)"
        + (rule.mode == "nearest" ? ", nearest \(rule.nearest)" : "")
    }
  }

  /// All that are tried, the cheapest to believe first.
  static let all: [NetworkChange] =
    [.channelsReversed, .scaledTwice, .notScaled, .stretched]
    + ResizeRule.all.map { .resize($0) }

  package static let ids = [
    "rgb-bgr", "input-scaled-twice", "input-not-scaled", "image-stretched", "node-resize-mode",
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
