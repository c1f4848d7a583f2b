extension Graph {
  /// For each tensor a node makes, the index of that node.
  public func producers() -> [String: Int] {
    var producers: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for output in node.outputs where !output.isEmpty { producers[output] = index }
    }
    return producers
  }

  /// For each tensor a node reads, the indices of the nodes that do, in their order.
  public func consumers() -> [String: [Int]] {
    var consumers: [String: [Int]] = [:]
    for (index, node) in nodes.enumerated() {
      for input in Set(node.inputs) where !input.isEmpty {
        consumers[input, default: []].append(index)
      }
    }
    return consumers
  }

  /// What the graph says of a tensor: its declaration, or an initializer's own type and shape.
  public func valueInfo(of name: String) -> ValueInfo? {
    if let tensor = initializers[name] { return ValueInfo(name: name, tensor) }
    return (inputs + outputs + valueInfos).first { $0.name == name }
  }

  /// Initializers the file has whose data cannot be read, or of types there are no tensors of.
  package var unreadableInitializers: Set<String> {
    let named =
      remainder.message.initializer.map { $0.name }
      + remainder.message.sparseInitializer.map { $0.values.name }
    return Set(named).subtracting(initializers.keys)
  }
}
