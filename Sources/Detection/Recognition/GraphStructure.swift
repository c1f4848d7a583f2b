import ONNXGraph
import Operators
import Tensors

/// A graph with what walking it backwards needs.
package struct GraphStructure {
  package let graph: Graph
  let lookup: TensorLookup
  private let producers: [String: Int]
  /// Tensors whose values do not depend on the values the graph is fed, only on shapes.
  private let constants: Set<String>

  package init(_ graph: Graph, lookup: @escaping TensorLookup) {
    self.graph = graph
    self.lookup = lookup
    producers = graph.producers()
    var constants = Set(graph.initializers.keys)
    for node in graph.nodes {
      let isConstant =
        node.readsShapesOnly
        || node.inputs.allSatisfy { $0.isEmpty || constants.contains($0) }
      if isConstant { constants.formUnion(node.outputs) }
    }
    self.constants = constants
  }

  /// Height and width of the network's input.
  var inputSize: (height: Int, width: Int)? {
    guard let input = try? ImageInput(graph, alone: false), let shape = lookup(input.name)?.shape,
      shape.rank == 4
    else { return nil }
    return input.size(of: shape)
  }

  /// The node that makes a tensor.
  func producer(of tensor: String) -> Node? { producers[tensor].map { graph.nodes[$0] } }

  /// The inputs of a node whose values depend on what the graph is fed.
  func data(of node: Node) -> [String] {
    node.inputs.filter { !$0.isEmpty && !constants.contains($0) }
  }

  /// The nodes of these operators that an output of the graph depends on.
  func nodes(ofTypes types: Set<String>) -> [Node] {
    var seen: Set<Int> = []
    var pending = graph.outputs.map(\.name)
    while let tensor = pending.popLast() {
      guard let index = producers[tensor], seen.insert(index).inserted else { continue }
      pending += graph.nodes[index].inputs
    }
    return graph.nodes.indices.filter {
      seen.contains($0) && types.contains(graph.nodes[$0].operatorType)
    }.map { graph.nodes[$0] }
  }

  /// Which of `node`'s outputs a tensor is computed from, by their places.
  func outputs(of node: Node, reaching tensor: String) -> Set<Int> {
    var reached: Set<Int> = []
    var seen: Set<String> = []
    var pending = [tensor]
    while let tensor = pending.popLast() {
      guard seen.insert(tensor).inserted else { continue }
      if let place = node.outputs.firstIndex(of: tensor) {
        reached.insert(place)
      } else if let producer = producer(of: tensor) {
        pending += data(of: producer)
      }
    }
    return reached
  }

  /// Whether a tensor has been through a Sigmoid since the last operator that mixes channels.
  func isThroughSigmoid(_ tensor: String) -> Bool {
    var tensor = tensor
    while let node = producer(of: tensor) {
      if node.applies(Sigmoid.self) { return true }
      if node.mixesChannels { return false }
      let inputs = data(of: node)
      guard inputs.count == 1 else { return false }
      tensor = inputs[0]
    }
    return false
  }

  /// The head maps that `outputs` are decoded from: going back, the first tensors
  /// `[N, a*channels, H, W]` that are not a mere rearrangement or the sigmoid of another.
  ///
  /// - Returns: the maps finest first, or `nil` when the way back does not lead to two maps or more
  ///   that make `cellCount` cells together.
  func heads(behind outputs: [String], channels: Int, cellCount: Int) -> [HeadMap]? {
    var found: [HeadMap] = []
    var seen: Set<String> = []
    var pending = outputs
    while let tensor = pending.popLast() {
      guard seen.insert(tensor).inserted else { continue }
      guard let node = producer(of: tensor) else { return nil }
      let isRearranged =
        node.definition?.rearranges ?? false && !joinsChannels(node) || node.applies(Sigmoid.self)
      if !isRearranged, let map = headMap(tensor, channels: channels) {
        found.append(map)
      } else if node.mixesChannels {
        return nil
      } else {
        pending += data(of: node)
      }
    }
    let maps = found.sorted { $0.name < $1.name }.finestFirst
    return maps.count > 1 && maps.layout.cellCount == cellCount ? maps : nil
  }

  /// Whether a node puts the channels of learned layers side by side: a layer in parts.
  private func joinsChannels(_ node: Node) -> Bool {
    guard node.applies(Concat.self), node.attributes["axis"] == .int(1) else { return false }
    return node.inputs.allSatisfy { producer(of: $0)?.mixesChannels ?? false }
  }

  private func headMap(_ tensor: String, channels: Int) -> HeadMap? {
    guard let description = lookup(tensor), description.elementType.isFloatingPoint,
      description.shape.rank == 4, description.shape[1] % channels == 0
    else { return nil }
    let anchors = description.shape[1] / channels
    guard (1...16).contains(anchors) else { return nil }
    return HeadMap(name: tensor, shape: description.shape, axes: .merged, anchors: anchors)
  }
}
