import ONNXFormat
import Tensors

extension Model {
  /// The model with one branch of each `If` (ONNX, any opset) in place of the node, where the
  /// condition is known.
  ///
  /// - Parameter condition: the value of a tensor, if it is known.
  /// - Returns: `nil` where there is no such node.
  /// - Throws: ``ModelError`` for a branch that cannot be read.
  package func takingBranches(
    where condition: (String) -> Bool?
  ) throws(ModelError) -> Model? {
    var model = self
    var nodes: [Node] = []
    var copier: NodeCopier?
    for node in graph.nodes {
      guard node.isConditional, let isTrue = condition(node.input(0)),
        let branch = node.branch(isTrue)
      else {
        nodes.append(node)
        continue
      }
      var naming =
        copier
        ?? NodeCopier(
          takenNames: graph.tensorNames.union(graph.nodes.flatMap { $0.innerNames }))
      let taken = try branch.written(out: node, &naming)
      copier = naming
      nodes += taken.nodes
      model.graph.initializers.merge(taken.initializers) { first, _ in first }
    }
    guard copier != nil else { return nil }
    model.graph.nodes = nodes
    model.graph = try model.graph.validated()
    return model
  }

  /// The model with the branches taken whose condition is an initializer or a Constant node, also of
  /// an `If` within such a branch.
  func takingConstantBranches() throws(ModelError) -> Model {
    var model = self
    // Each round takes the nodes that the one before has brought; the bound is for what nobody
    // thought of.
    for _ in 0..<64 where model.graph.nodes.contains(where: \.isConditional) {
      var known = model.graph.initializers
      for node in model.graph.nodes {
        if let value = node.constantValue { known[node.output(0)] = value }
      }
      guard let next = try model.takingBranches(where: { known[$0]?.truth }) else { break }
      model = next
    }
    return model
  }
}

extension Node {
  /// Whether the node is an `If`.
  package var isConditional: Bool {
    domain.isEmpty && operatorType == "If" && (inputs.count == 1 || subgraphs != nil)
  }

  /// What the graphs among the attributes read from around the node: the graph's names by theirs.
  var capturedNames: [String: String] {
    guard let captured = subgraphs?.captured else { return [:] }
    return Dictionary(zip(captured, inputs.suffix(captured.count))) { first, _ in first }
  }

  /// Whether the node's operator is one that runs graphs among its attributes.
  var runsGraphs: Bool {
    isConditional || domain.isEmpty && ["Loop", "Scan"].contains(operatorType)
  }

  /// The graph an `If` runs on a condition.
  fileprivate func branch(_ isTrue: Bool) -> Onnx_GraphProto? {
    remainder.message.attribute.first {
      $0.name == (isTrue ? "then_branch" : "else_branch") && $0.hasG
    }?.g
  }

  /// The tensors that graphs among the attributes name.
  fileprivate var innerNames: Set<String> {
    remainder.message.attribute.reduce(into: []) { names, attribute in
      if attribute.hasG { names.formUnion(attribute.g.allTensorNames) }
    }
  }
}

extension Tensor {
  /// The only element of a tensor of truth values.
  package var truth: Bool? {
    elementType == .bool && shape.elementCount == 1 ? elements(of: Bool.self).first : nil
  }
}

extension Onnx_GraphProto {
  /// A branch's nodes and initializers as those of the graph around `node`.
  fileprivate func written(
    out node: Node, _ copier: inout NodeCopier
  ) throws(ModelError) -> (nodes: [Node], initializers: [String: Tensor]) {
    guard output.count == node.outputs.count, input.isEmpty, sparseInitializer.isEmpty else {
      throw ModelError(
        "\(node.title): a branch has \(output.count) outputs and \(input.count) inputs, expected "
          + "\(node.outputs.count) and none")
    }
    let prefix = node.name.isEmpty ? node.outputs.first { !$0.isEmpty } ?? "If" : node.name
    // Tensors in files beside the model are those of the graph itself.
    let reader = ModelReader(externalData: ExternalData(folder: ""))
    var names = node.capturedNames
    var tensors: [String: Tensor] = [:]
    for tensor in initializer {
      let name = copier.claim("\(prefix)/\(tensor.name)")
      names[tensor.name] = name
      tensors[name] = try reader.tensor(
        tensor, "\(node.title): initializer '\(shown: tensor.name)'")
    }
    let made = Set(self.node.flatMap { $0.output })
    var passed: [Onnx_NodeProto] = []
    for (inner, outer) in zip(output, node.outputs) where !outer.isEmpty {
      if made.contains(inner.name), names[inner.name] == nil {
        names[inner.name] = outer
      } else {
        passed.append(.identity(from: names[inner.name] ?? inner.name, to: outer))
      }
    }
    let copies = copier.copies(of: self.node, names: &names, prefix: prefix) + passed
    let nodes = try copies.map { (copy) throws(ModelError) in
      var written = try reader.node(copy)
      written.opset = node.opset
      return written
    }
    return (nodes, tensors)
  }
}
