import Tensors

extension Graph {
  /// The same graph with its invariants checked and its nodes in an order that can be run: the
  /// order they have where that is one.
  ///
  /// - Throws: ``ModelError`` when a tensor is made twice, read but not made, or needs itself.
  public func validated() throws(ModelError) -> Graph {
    let makers = try makers()
    var graph = self
    graph.nodes = try orderedNodes(available: Set(inputs.map(\.name)).union(initializers.keys))
    if let output = outputs.first(where: { makers[$0.name] == nil }) {
      throw ModelError("output '\(shown: output.name)' is made by nothing")
    }
    return graph
  }

  /// What makes a tensor.
  private enum Maker {
    case input
    case initializer
    case node(Int)
  }

  private func title(of maker: Maker) -> String {
    switch maker {
    case .input: "an input"
    case .initializer: "an initializer"
    case .node(let index): nodes[index].title
    }
  }

  private func makers() throws(ModelError) -> [String: Maker] {
    var makers: [String: Maker] = [:]
    func add(_ name: String, _ maker: Maker) throws(ModelError) {
      if let other = makers.updateValue(maker, forKey: name) {
        throw ModelError(
          "tensor '\(shown: name)' is made twice: by \(title(of: other)) and by \(title(of: maker))"
        )
      }
    }
    for input in inputs {
      guard !input.name.isEmpty else { throw ModelError("an input has no name") }
      try add(input.name, .input)
    }
    for name in initializers.keys { try add(name, .initializer) }
    for (index, node) in nodes.enumerated() {
      for output in node.outputs where !output.isEmpty { try add(output, .node(index)) }
    }
    return makers
  }

  /// Takes the nodes in the order they have; one that comes before what it reads waits for it.
  private func orderedNodes(available: Set<String>) throws(ModelError) -> [Node] {
    var available = available
    var ordered: [Node] = []
    ordered.reserveCapacity(nodes.count)
    // What a node that waits still has to find; what was found stays available.
    var waiting: [String: [(node: Node, reads: ArraySlice<String>)]] = [:]
    for node in nodes {
      var ready = [(node: node, reads: node.reads[...])]
      while let (node, reads) = ready.popLast() {
        if let index = reads.firstIndex(where: { !available.contains($0) }) {
          waiting[reads[index], default: []].append((node, reads[index...]))
          continue
        }
        ordered.append(node)
        for output in node.outputs {
          available.insert(output)
          ready += (waiting.removeValue(forKey: output) ?? []).reversed()
        }
      }
    }
    guard waiting.isEmpty else {
      throw orderError(waiting: waiting.mapValues { $0.map(\.node) })
    }
    return ordered
  }

  private func orderError(waiting: [String: [Node]]) -> ModelError {
    let producers = producers()
    if let missing = waiting.keys.filter({ producers[$0] == nil }).min() {
      return ModelError(
        "\(waiting[missing]![0].title) reads '\(shown: missing)', which nothing makes")
    }
    // Every node that waits waits for one that waits, so going back ends in a cycle.
    let missing = Dictionary(
      waiting.flatMap { tensor, nodes in nodes.map { ($0.outputs, tensor) } },
      uniquingKeysWith: { first, _ in first })
    var tensor = waiting.keys.min()!
    var seen: Set<String> = []
    while seen.insert(tensor).inserted {
      tensor = missing[nodes[producers[tensor]!].outputs]!
    }
    return ModelError(
      "\(nodes[producers[tensor]!].title) needs its own result: tensor '\(shown: tensor)' is in a cycle"
    )
  }
}
