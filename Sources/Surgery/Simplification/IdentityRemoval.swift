import ONNXGraph
import Operators
import Tensors

/// Takes out nodes that give what they are given, and joins rearrangements that follow one another.
enum IdentityRemoval: SimplificationPass {
  static func applied(to model: Model) throws(ModelError) -> Graph? {
    let graph = model.graph
    let known = SymbolicInference(model)
    let producers = graph.producers()
    var rewrite = GraphRewrite(graph)
    var touched: Set<String> = []
    for (index, node) in graph.nodes.enumerated() where node.domain.isEmpty {
      guard let output = node.outputs.first, !output.isEmpty,
        let input = node.inputs.first, !input.isEmpty
      else { continue }
      if isIdentity(node, known) {
        rewrite.substitute(output, by: input)
        touched.insert(output)
      } else if let branch = chosenBranch(node, known) {
        rewrite.substitute(output, by: branch)
        touched.insert(output)
      } else if let before = producers[input].map({ graph.nodes[$0] }), !touched.contains(input),
        let joined = joined(before, node, graph)
      {
        rewrite.replace(nodeAt: index, by: joined)
      }
    }
    return rewrite.isEmpty ? nil : try rewrite.applied(to: graph).changed(from: graph)
  }

  private static func isIdentity(_ node: Node, _ known: SymbolicInference) -> Bool {
    guard node.outputs.dropFirst().allSatisfy(\.isEmpty) else { return false }
    return node.definition?.isIdentity(known.symbolic(node)) ?? false
  }

  /// The input a Where gives whole, when its condition is the same everywhere and known.
  private static func chosenBranch(_ node: Node, _ known: SymbolicInference) -> String? {
    guard node.applies(Where.self), node.inputs.count == 3,
      let condition = known[node.input(0)]?.values?.fixed, let first = condition.first,
      condition.allSatisfy({ ($0 != 0) == (first != 0) })
    else { return nil }
    let branch = node.input(first != 0 ? 1 : 2)
    guard let shape = known[branch]?.shape, known[node.output(0)]?.shape == shape else {
      return nil
    }
    return branch
  }

  /// Two nodes as one that does both.
  private static func joined(_ first: Node, _ second: Node, _ graph: Graph) -> Node? {
    guard !first.input(0).isEmpty, !second.inputs.isEmpty else { return nil }
    var joined = second
    joined.inputs[0] = first.input(0)
    if first.applies(Transpose.self), second.applies(Transpose.self) {
      guard case .ints(let inner) = first.attributes["perm"],
        case .ints(let outer) = second.attributes["perm"], inner.count == outer.count,
        outer.allSatisfy({ (0..<Int64(inner.count)).contains($0) })
      else { return nil }
      joined.attributes["perm"] = .ints(outer.map { inner[Int($0)] })
      return joined
    }
    if first.applies(Reshape.self), second.applies(Reshape.self) {
      // A 0 would mean a dimension of another tensor.
      guard second.attributes["allowzero"] == nil,
        let target = graph.initializers[second.input(1)], target.elementType == .int64,
        !target.elements(of: Int64.self).contains(0)
      else { return nil }
      return joined
    }
    return nil
  }
}

extension Graph {
  /// The graph, or `nil` when it has the same nodes as `other`.
  fileprivate func changed(from other: Graph) -> Graph? { nodes == other.nodes ? nil : self }
}
