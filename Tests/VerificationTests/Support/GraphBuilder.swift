import ONNXGraph
import Tensors

/// Writes a graph node by node.
struct GraphBuilder {
  private(set) var nodes: [Node] = []
  private(set) var initializers: [String: Tensor] = [:]

  /// Adds a node called `name` whose outputs are called after it; returns the first.
  @discardableResult
  mutating func add(
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

  mutating func constant(_ name: String, _ tensor: Tensor) -> String {
    initializers[name] = tensor
    return name
  }

  func graph(inputs: [ValueInfo], outputs: [String]) -> Graph {
    Graph(
      name: "test", inputs: inputs,
      outputs: outputs.map { ValueInfo(name: $0, elementType: nil, dimensions: nil) },
      initializers: initializers, nodes: nodes)
  }
}

/// Numbers that are the same on every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func tensor(_ shape: Shape, in range: ClosedRange<Float>) -> Tensor {
    Tensor(
      (0..<shape.elementCount).map { _ in Float.random(in: range, using: &self) }, shape: shape)
  }
}
