import ONNXGraph
import Tensors

/// Writes a graph node by node.
package struct GraphBuilder {
  package private(set) var nodes: [Node] = []
  package private(set) var initializers: [String: Tensor] = [:]

  package init() {}

  /// Adds a node called `name` whose outputs are called after it; returns the first.
  @discardableResult
  package mutating func add(
    _ operatorType: String, _ name: String, _ inputs: [String], outputs: [String]? = nil,
    attributes: [String: Attribute] = [:]
  ) -> String {
    let outputs = outputs ?? [name]
    nodes.append(
      Node(
        operatorType: operatorType, name: name, inputs: inputs, outputs: outputs,
        attributes: attributes))
    return outputs[0]
  }

  package mutating func constant(_ name: String, _ tensor: Tensor) -> String {
    initializers[name] = tensor
    return name
  }

  package func graph(inputs: [ValueInfo], outputs: [String]) -> Graph {
    Graph(
      name: "test", inputs: inputs,
      outputs: outputs.map { ValueInfo(name: $0, elementType: nil, dimensions: nil) },
      initializers: initializers, nodes: nodes)
  }
}
