import ONNXGraph
import Operators

/// A major version of TensorRT that a graph is to be built with.
public enum TensorRTTarget: String, Sendable, CaseIterable {
  case tensorrt8 = "tensorrt-8"
  case tensorrt10 = "tensorrt-10"
  case tensorrt11 = "tensorrt-11"

  /// The version's first release.
  var first: PluginVersion {
    switch self {
    case .tensorrt8: 8
    case .tensorrt10: 10
    case .tensorrt11: 11
    }
  }

  /// The first release after all of the version's.
  var next: PluginVersion {
    switch self {
    case .tensorrt8: 9
    case .tensorrt10: 11
    case .tensorrt11: 12
    }
  }

  var title: String { "TensorRT \(first)" }
}

extension CheckSubject {
  /// The nodes of plugins of which it is known what TensorRT has of them, with the version that is
  /// asked for; none where none is.
  var targetPlugins: [(node: Node, plugin: PluginAvailability, target: TensorRTTarget)] {
    guard let target else { return [] }
    return model.graph.nodes.compactMap { node in
      PluginAvailability(plugin: node.operatorType).map { (node, $0, target) }
    }
  }
}
