/// Which versions of TensorRT have a plugin, and where it comes from.
///
/// Source: TensorRT's release notes up to 11, and the repositories the libraries are built from.
package struct PluginAvailability: Sendable {
  /// The library that brings the plugin; `nil` for TensorRT's own (`libnvinfer_plugin`).
  package let library: String?
  /// The first version without the plugin, such as 10.16, and what is there in its place.
  package let removed: (since: PluginVersion, replacement: String)?
  /// The first version that advises against the plugin, and what for.
  package let deprecated: (since: PluginVersion, replacement: String)?

  private init(
    library: String? = nil, removed: (PluginVersion, String)? = nil,
    deprecated: (PluginVersion, String)? = nil
  ) {
    self.library = library
    self.removed = removed
    self.deprecated = deprecated
  }

  /// What is known of the plugin of this name; `nil` for one nothing is known of.
  package init?(plugin: String) {
    guard let known = Self.known[plugin] else { return nil }
    self = known
  }

  private static let nmsLayer =
    "ONNX's NonMaxSuppression, which TensorRT's parser makes an INMSLayer of"
  private static let deleted = PluginAvailability(
    removed: (11, "EfficientNMS_TRT (patch --plugin efficientnms), or \(nmsLayer)"))
  private static let known: [String: PluginAvailability] = [
    BatchedNMS.type: deleted, BatchedNMSDynamic.type: deleted, "NMS_TRT": deleted,
    EfficientNMS.type: PluginAvailability(deprecated: (11, nmsLayer)),
    "EfficientNMS_ONNX_TRT": PluginAvailability(removed: ("10.16", nmsLayer)),
    YoloLayer.type: PluginAvailability(library: "NVIDIA-AI-IOT's yolov5_gpu_optimization"),
  ]
}

/// A version of TensorRT: major and minor.
package struct PluginVersion: Sendable, Comparable, ExpressibleByIntegerLiteral,
  ExpressibleByStringLiteral
{
  package let major: Int
  package let minor: Int

  package init(integerLiteral major: Int) { (self.major, minor) = (major, 0) }

  package init(stringLiteral text: String) {
    let parts = text.split(separator: ".").map { Int($0) ?? 0 }
    (major, minor) = (parts.first ?? 0, parts.count > 1 ? parts[1] : 0)
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}

extension PluginVersion: CustomStringConvertible {
  package var description: String { minor == 0 ? "\(major)" : "\(major).\(minor)" }
}
