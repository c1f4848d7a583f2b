import Tensors

extension Graph {
  /// The part of the graph that makes `outputs` out of `inputs`, in the order it has here, with
  /// the initializers it reads.
  ///
  /// The part has exactly the inputs and outputs named. Any tensor can be an input, and what made
  /// it here is left out then. Documentation of the graph and of its parts stays.
  ///
  /// - Throws: ``ModelError`` when a name is no tensor of the graph, or an output needs an input of
  ///   the graph that is not among `inputs`.
  public func extract(inputs: [String], outputs: [String]) throws(ModelError) -> Graph {
    let producers = producers()
    let known = Set(producers.keys).union(initializers.keys).union(self.inputs.map(\.name))
    if let unknown = (inputs + outputs).first(where: { !known.contains($0) }) {
      throw ModelError("no tensor '\(shown: unknown)' in the graph")
    }
    let live = live(from: outputs, stoppingAt: Set(inputs), producers)
    if let input = self.inputs.first(where: {
      live.tensors.contains($0.name) && !inputs.contains($0.name)
    }) {
      throw ModelError(
        "\(outputs.joined(separator: ", ")) cannot be made without input '\(shown: input.name)'")
    }
    var part = self
    part.inputs = inputs.map { valueInfo(of: $0) ?? ValueInfo(name: $0) }
    part.outputs = outputs.map { valueInfo(of: $0) ?? ValueInfo(name: $0) }
    part.initializers = initializers.filter {
      live.tensors.contains($0.key) && !inputs.contains($0.key)
    }
    part.nodes = nodes.indices.filter(live.nodes.contains).map { index in
      // What is fed must not be made as well.
      var node = nodes[index]
      node.outputs = node.outputs.map { inputs.contains($0) ? "" : $0 }
      return node
    }
    let ends = Set(inputs + outputs)
    part.valueInfos = valueInfos.filter {
      live.tensors.contains($0.name) && !ends.contains($0.name)
    }
    return part
  }

  /// The graph without the nodes and initializers that no output needs; inputs all stay.
  public func pruned() -> Graph {
    let live = live(from: outputs.map(\.name), stoppingAt: [], producers())
    var graph = self
    graph.nodes = nodes.indices.filter(live.nodes.contains).map { nodes[$0] }
    graph.initializers = initializers.filter { live.tensors.contains($0.key) }
    graph.valueInfos = valueInfos.filter { live.tensors.contains($0.name) }
    return graph
  }

  /// The tensors `outputs` need and the nodes that make them, going no further than `boundary`.
  private func live(
    from outputs: [String], stoppingAt boundary: Set<String>, _ producers: [String: Int]
  ) -> (tensors: Set<String>, nodes: Set<Int>) {
    var tensors: Set<String> = []
    var nodes: Set<Int> = []
    var pending = outputs
    while let name = pending.popLast() {
      guard !name.isEmpty, tensors.insert(name).inserted, !boundary.contains(name),
        let producer = producers[name], nodes.insert(producer).inserted
      else { continue }
      pending += self.nodes[producer].reads
      // What a live node makes beside what is needed keeps its declaration.
      tensors.formUnion(self.nodes[producer].outputs)
    }
    return (tensors, nodes)
  }
}
