import ONNXFormat

/// Writes the nodes of a body (a function's or a branch's) out among those of the graph around it.
struct NodeCopier {
  private var takenNames: Set<String>

  /// - Parameter takenNames: the tensors of the graph.
  init(takenNames: Set<String>) { self.takenNames = takenNames }

  /// A name like `name` that no tensor of the graph has, which is taken from now on.
  mutating func claim(_ name: String) -> String {
    var free = name
    var attempt = 1
    while !takenNames.insert(free).inserted {
      attempt += 1
      free = "\(name)_\(attempt)"
    }
    return free
  }

  /// The nodes under names that are free in the graph.
  ///
  /// - Parameters:
  ///   - names: the graph's names of the body's inputs and outputs; what the nodes make beside is
  ///     added.
  ///   - prefix: for the names of what they make.
  ///   - arguments: the attributes that the body may refer to, where it is a function's.
  mutating func copies(
    of nodes: [Onnx_NodeProto], names: inout [String: String], prefix: String,
    arguments: [String: Onnx_AttributeProto]? = nil
  ) -> [Onnx_NodeProto] {
    for node in nodes {
      for output in node.output where !output.isEmpty && names[output] == nil {
        names[output] = claim("\(prefix)/\(output)")
      }
    }
    return nodes.map { node in
      var copy = node.renamed(names).resolved(arguments)
      copy.name = node.name.isEmpty ? "" : "\(prefix)/\(node.name)"
      return copy
    }
  }
}

extension Onnx_NodeProto {
  /// The node with what graphs in it read from outside renamed.
  func renamingCaptured(_ names: [String: String]) -> Onnx_NodeProto {
    guard !names.isEmpty else { return self }
    var node = self
    for index in attribute.indices where attribute[index].hasG {
      node.attribute[index].g = attribute[index].g.renamed(names)
    }
    return node
  }

  /// The node with its inputs, its outputs and what graphs in it read from outside renamed.
  fileprivate func renamed(_ names: [String: String]) -> Onnx_NodeProto {
    var node = self
    node.input = input.map { names[$0] ?? $0 }
    node.output = output.map { names[$0] ?? $0 }
    node.attribute = attribute.map { attribute in
      var renamed = attribute
      if attribute.hasG { renamed.g = attribute.g.renamed(names) }
      renamed.graphs = attribute.graphs.map { $0.renamed(names) }
      return renamed
    }
    return node
  }

  /// The node with its references to a function's attributes replaced; one to an attribute that is
  /// absent is left out.
  fileprivate func resolved(_ arguments: [String: Onnx_AttributeProto]?) -> Onnx_NodeProto {
    guard let arguments else { return self }
    var node = self
    node.attribute = attribute.compactMap { attribute in
      guard !attribute.refAttrName.isEmpty else {
        var resolved = attribute
        if attribute.hasG { resolved.g.node = attribute.g.node.map { $0.resolved(arguments) } }
        return resolved
      }
      guard var value = arguments[attribute.refAttrName] else { return nil }
      value.name = attribute.name
      return value
    }
    return node
  }
}

extension Onnx_GraphProto {
  /// The graph with what it reads from outside renamed; what it makes itself keeps its names.
  fileprivate func renamed(_ names: [String: String]) -> Onnx_GraphProto {
    let own =
      input.map { $0.name } + initializer.map { $0.name } + sparseInitializer.map { $0.values.name }
      + node.flatMap { $0.output }
    let outer = names.filter { name, _ in !own.contains(name) }
    var graph = self
    graph.node = node.map { $0.renamed(outer) }
    graph.output = output.map { output in
      var renamed = output
      if let name = outer[output.name] { renamed.name = name }
      return renamed
    }
    return graph
  }

  /// Every tensor that the graph, or a graph in it, names.
  var allTensorNames: Set<String> {
    var names = Set(
      input.map { $0.name } + output.map { $0.name } + initializer.map { $0.name }
        + sparseInitializer.map { $0.values.name })
    for node in node {
      names.formUnion(node.input)
      names.formUnion(node.output)
      for attribute in node.attribute {
        for graph in attribute.graphs + (attribute.hasG ? [attribute.g] : []) {
          names.formUnion(graph.allTensorNames)
        }
      }
    }
    return names
  }
}
