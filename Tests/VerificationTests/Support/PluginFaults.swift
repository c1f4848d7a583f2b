import ONNXGraph
import Tensors

/// Faults of a graph's plugin and of what it is fed, whatever the nodes are called.
enum PluginFaults {
  /// Each number of the anchors off by one unit.
  static let anchors: [ModelEdit] = (0..<18).map { number in
    ModelEdit("number \(number) of the anchors one unit larger") { model in
      guard case .floats(var anchors)? = model.graph.nodes[model.pluginIndex].attributes["anchors"]
      else { return }
      anchors[number] += 1
      model.graph.nodes[model.pluginIndex].attributes["anchors"] = .floats(anchors)
    }
  }

  /// Each class channel of each scale exchanged with its neighbour, on one of the anchors.
  static func classes(count: Int, step: Int = 1) -> [ModelEdit] {
    (0..<3).flatMap { scale in
      stride(from: 0, to: count - 1, by: step).map { index in
        ModelEdit("classes \(index) and \(index + 1) of scale \(scale) exchanged") { model in
          let channels = 5 + count
          let first = (index + scale) % 3 * channels + 5 + index
          var order = (0..<3 * channels).map { Int64($0) }
          order.swapAt(first, first + 1)
          model.insert(
            "Gather", behind: model.graph.nodes[model.pluginIndex].inputs[scale],
            constants: [Tensor(order)], attributes: ["axis": .int(1)])
        }
      }
    }
  }
}

extension Model {
  fileprivate var pluginIndex: Int {
    graph.nodes.firstIndex { $0.operatorType == "YoloLayer_TRT" }!
  }
}
