import ONNXFormat
import Tensors

extension GraphEdit {
  /// Calls a tensor by another name, wherever it stands.
  public static func rename(tensor: String, to name: String) -> GraphEdit {
    GraphEdit { (graph) throws(ModelError) in
      try graph.checkKnown(tensor)
      guard !graph.tensorNames.contains(name) else {
        throw ModelError("there is a tensor '\(shown: name)' already")
      }
      try graph.rename(tensor, to: name, keepingOutputs: false)
    }
  }

  /// Makes a tensor a constant. The node that made it goes when nothing else it makes is named.
  public static func fold(tensor: String, to value: Tensor) -> GraphEdit {
    GraphEdit { (graph) throws(ModelError) in
      let index = try graph.index(ofNodeMaking: tensor)
      graph.nodes[index].outputs = graph.nodes[index].outputs.map { $0 == tensor ? "" : $0 }
      if graph.nodes[index].outputs.allSatisfy(\.isEmpty) { graph.nodes.remove(at: index) }
      graph.initializers[tensor] = value
    }
  }

  /// Sets the value of an initializer, which may be a new one.
  public static func setInitializer(_ name: String, to value: Tensor) -> GraphEdit {
    GraphEdit { (graph) throws(ModelError) in graph.initializers[name] = value }
  }
}

extension Graph {
  /// The names of all tensors.
  package var tensorNames: Set<String> {
    var names = Set(initializers.keys).union(inputs.map(\.name))
    for node in nodes { names.formUnion(node.outputs) }
    names.remove("")
    return names
  }

  /// `name`, or a name made from it that no tensor has.
  package func freeName(_ name: String) -> String { tensorNames.freeName(name) }

  func checkKnown(_ tensor: String) throws(ModelError) {
    guard tensorNames.contains(tensor) else {
      throw ModelError("no tensor '\(shown: tensor)' in the graph")
    }
  }

  /// Has nodes and outputs read `other` where they read `tensor`; an output keeps its name, and
  /// what made `other` then makes the output.
  package mutating func replaceTensor(_ tensor: String, by other: String) throws(ModelError) {
    try redirect(readersOf: tensor, to: other)
    guard outputs.contains(where: { $0.name == tensor }) else { return }
    guard !inputs.contains(where: { $0.name == other }), initializers[other] == nil,
      !outputs.contains(where: { $0.name == other })
    else {
      throw ModelError(
        "output '\(shown: tensor)' would be '\(shown: other)', which cannot be called that")
    }
    try rename(other, to: tensor, keepingOutputs: true)
  }

  /// Has every node that reads `tensor` read `other`.
  mutating func redirect(readersOf tensor: String, to other: String) throws(ModelError) {
    for index in nodes.indices where nodes[index].reads.contains(tensor) {
      nodes[index].inputs = nodes[index].inputs.map { $0 == tensor ? other : $0 }
      try checkNotCaptured(tensor, by: nodes[index])
    }
  }

  mutating func rename(
    _ tensor: String, to name: String, keepingOutputs: Bool
  ) throws(ModelError) {
    try redirect(readersOf: tensor, to: name)
    for index in nodes.indices where nodes[index].outputs.contains(tensor) {
      nodes[index].outputs = nodes[index].outputs.map { $0 == tensor ? name : $0 }
    }
    if let value = initializers.removeValue(forKey: tensor) {
      initializers[name] = value
      remainder.message.rename(initializer: tensor, to: name)
    }
    func renamed(_ info: ValueInfo) -> ValueInfo {
      var info = info
      if info.name == tensor { info.name = name }
      return info
    }
    inputs = inputs.map(renamed)
    valueInfos = valueInfos.map(renamed)
    if !keepingOutputs { outputs = outputs.map(renamed) }
  }

  private func checkNotCaptured(_ tensor: String, by node: Node) throws(ModelError) {
    guard !node.reads.contains(tensor) else {
      throw ModelError(
        "\(node.title) reads '\(shown: tensor)' in a graph of its own, which is not edited")
    }
  }
}

extension Onnx_GraphProto {
  /// What is kept of an initializer beside its value goes with its name.
  fileprivate mutating func rename(initializer tensor: String, to name: String) {
    for index in initializer.indices where initializer[index].name == tensor {
      initializer[index].name = name
    }
    for index in input.indices where input[index].name == tensor { input[index].name = name }
  }
}

extension Set<String> {
  /// `name`, or a name made from it that is none of these.
  package func freeName(_ name: String) -> String {
    var free = name
    var attempt = 1
    while contains(free) {
      attempt += 1
      free = "\(name)_\(attempt)"
    }
    return free
  }
}
