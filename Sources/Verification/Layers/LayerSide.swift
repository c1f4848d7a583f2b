import Interpreter
import ONNXGraph
import Operators
import Tensors

/// One graph's part of a joint graph, as layers: a node, or a linear one with the scaling and
/// shifting by constants that follows it, which exporters fold into its weights.
struct LayerSide {
  struct Layer {
    /// In the order they are computed; one unless there is something to fold.
    var nodes: [Node]
    var head: Node { nodes[0] }
    var results: [String] { nodes[nodes.count - 1].outputs }
  }

  private(set) var layers: [Layer] = []
  /// The names that the graph itself gives to the joint graph's tensors.
  let localNames: [String: String]
  private let joint: ResolvedGraph

  /// - Parameters:
  ///   - names: for each of the graph's tensors its name in the joint graph.
  ///   - outputs: the joint graph's names of the graph's outputs.
  init(_ joint: ResolvedGraph, names: [String: String], outputs: Set<String>) {
    self.joint = joint
    localNames = Dictionary(
      names.sorted { $0.key < $1.key }.map { ($0.value, $0.key) }
    ) { first, _ in first }
    let nodes = joint.model.graph.nodes.filter { [localNames] node in
      // A plugin chooses rows, of which a last bit may change the order.
      node.outputs.contains { localNames[$0] != nil } && joint.isData(node.output(0))
        && !node.isPlugin
    }
    var readers: [String: [Int]] = [:]
    for (index, node) in nodes.enumerated() {
      for input in Set(node.inputs) { readers[input, default: []].append(index) }
    }
    var isFolded = [Bool](repeating: false, count: nodes.count)
    for index in nodes.indices where !isFolded[index] {
      var layer = Layer(nodes: [nodes[index]])
      while layer.head.mixesChannels, layer.results.count == 1, !outputs.contains(layer.results[0]),
        let following = readers[layer.results[0]], following.count == 1,
        scalesOrShifts(nodes[following[0]], layer.results[0])
      {
        isFolded[following[0]] = true
        layer.nodes.append(nodes[following[0]])
      }
      layers.append(layer)
    }
  }

  /// The inputs of a node that are neither constants nor integers.
  func dataInputs(_ node: Node) -> [String] { node.inputs.filter(joint.isData) }

  /// The first constant a node reads: a convolution's weights.
  func weights(_ node: Node) -> Tensor? { node.inputs.lazy.compactMap { joint.constant($0) }.first }

  private func scalesOrShifts(_ node: Node, _ tensor: String) -> Bool {
    guard node.inputs.first == tensor || node.inputs.last == tensor else { return false }
    let isLinear = [BatchNormalization.self, Add.self, Mul.self].contains { node.applies($0) }
    return isLinear && dataInputs(node) == [tensor]
  }
}

extension ResolvedGraph {
  /// Whether a tensor depends on what the graph is fed and holds numbers, so far as is known.
  func isData(_ tensor: String) -> Bool {
    !tensor.isEmpty && constant(tensor) == nil
      && description(of: tensor)?.elementType.isFloatingPoint ?? true
  }
}
