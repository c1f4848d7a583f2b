import Tensors

extension GraphEdit {
  /// Adds nodes, and initializers they read.
  public static func append(
    _ nodes: [Node], initializers: [String: Tensor] = [:]
  ) -> GraphEdit {
    GraphEdit { (graph) throws(ModelError) in
      for (name, tensor) in initializers {
        if let other = graph.initializers.updateValue(tensor, forKey: name), other != tensor {
          throw ModelError("there is an initializer '\(shown: name)' with other values already")
        }
      }
      graph.nodes += nodes
    }
  }

  /// Adds a node.
  public static func append(_ node: Node) -> GraphEdit { append([node]) }

  /// Adds a node that reads `tensor`; whoever read that reads the node's first output from now on.
  ///
  /// Where the graph gives out `tensor`, it gives out what the node makes of it, under the same
  /// name: the tensor before the node is then called `tensor.before` the operator's name.
  public static func insert(_ node: Node, behind tensor: String) -> GraphEdit {
    GraphEdit { (graph) throws(ModelError) in
      guard node.inputs.contains(tensor), let result = node.outputs.first, !result.isEmpty else {
        throw ModelError(
          "\(node.title) does not read '\(shown: tensor)', behind which it is to stand")
      }
      try graph.checkKnown(tensor)
      var node = node
      if graph.outputs.contains(where: { $0.name == tensor }) {
        guard !graph.inputs.contains(where: { $0.name == tensor }) else {
          throw ModelError("'\(shown: tensor)' is an input that is given out as it is")
        }
        let inner = graph.freeName("\(tensor).before \(node.operatorType)")
        try graph.rename(tensor, to: inner, keepingOutputs: true)
        node.inputs = node.inputs.map { $0 == tensor ? inner : $0 }
        node.outputs[0] = tensor
        try graph.redirect(readersOf: inner, to: tensor)
      } else {
        try graph.redirect(readersOf: tensor, to: result)
      }
      graph.nodes.append(node)
    }
  }

  /// Takes out the node that makes `tensor` and puts others in its place.
  public static func replace(nodeMaking tensor: String, with nodes: [Node]) -> GraphEdit {
    GraphEdit { (graph) throws(ModelError) in
      let index = try graph.index(ofNodeMaking: tensor)
      graph.nodes.replaceSubrange(index...index, with: nodes)
    }
  }

  /// Takes out the node that makes `tensor`; whoever read that reads the node's input `input`.
  public static func bypass(nodeMaking tensor: String, input: Int = 0) -> GraphEdit {
    GraphEdit { (graph) throws(ModelError) in
      let index = try graph.index(ofNodeMaking: tensor)
      let node = graph.nodes[index]
      guard node.inputs.indices.contains(input), !node.input(input).isEmpty else {
        throw ModelError("\(node.title) has no input \(input)")
      }
      graph.nodes.remove(at: index)
      try graph.replaceTensor(tensor, by: node.input(input))
    }
  }

  /// Sets an attribute of the node that makes `tensor`, or takes it away.
  public static func setAttribute(
    _ name: String, ofNodeMaking tensor: String, to value: Attribute?
  ) -> GraphEdit {
    GraphEdit { (graph) throws(ModelError) in
      graph.nodes[try graph.index(ofNodeMaking: tensor)].attributes[name] = value
    }
  }

  /// Changes the node that makes `tensor` in any way.
  public static func edit(
    nodeMaking tensor: String, _ change: @escaping @Sendable (inout Node) -> Void
  ) -> GraphEdit {
    GraphEdit { (graph) throws(ModelError) in
      change(&graph.nodes[try graph.index(ofNodeMaking: tensor)])
    }
  }
}

extension Graph {
  /// The first node of this name.
  public func node(named name: String) -> Node? { nodes.first { $0.name == name } }

  /// The node that makes a tensor.
  public func node(making tensor: String) -> Node? {
    nodes.first { !tensor.isEmpty && $0.outputs.contains(tensor) }
  }

  func index(ofNodeMaking tensor: String) throws(ModelError) -> Int {
    guard let index = nodes.firstIndex(where: { $0.outputs.contains(tensor) }), !tensor.isEmpty
    else { throw ModelError("no node makes a tensor '\(shown: tensor)'") }
    return index
  }
}
