import ONNXGraph
import Operators
import Tensors

/// Replaces computations of shapes by what is known of them for all open dimensions: constants,
/// targets of a Reshape with 0 and -1, and one computation for equal results.
enum SymbolicRewriting: SimplificationPass {
  static func applied(to model: Model) throws(ModelError) -> Graph? {
    let graph = model.graph
    let known = SymbolicInference(model)
    var rewrite = GraphRewrite(graph)
    let taken = graph.tensorNames
    // The first tensor of each list of numbers.
    var firsts: [SymbolicTensor: String] = [:]
    for (index, node) in graph.nodes.enumerated() where node.domain.isEmpty {
      for output in node.outputs where !output.isEmpty {
        guard let tensor = known[output], tensor.values != nil, isWhole(tensor.elementType) else {
          continue
        }
        if let constant = tensor.constant {
          rewrite.fold(output, to: constant)
        } else if let first = firsts[tensor] {
          rewrite.substitute(output, by: first)
        } else {
          firsts[tensor] = output
        }
      }
      if let target = reshapeTarget(node, graph, known) {
        let name = taken.freeName("\(node.output(0)).shape")
        var changed = node
        changed.inputs[1] = name
        rewrite.add(constant: name, Tensor(target.map { Int64($0) }))
        rewrite.replace(nodeAt: index, by: changed)
      }
    }
    return rewrite.isEmpty ? nil : try rewrite.applied(to: graph)
  }

  private static func isWhole(_ type: ElementType) -> Bool {
    type == .int64 || type == .int32 || type == .bool
  }

  /// The shape a Reshape makes, written with 0 for a dimension that stays in its place and -1 for
  /// one other; `nil` when that does not do, or the shape is a constant already.
  private static func reshapeTarget(
    _ node: Node, _ graph: Graph, _ known: SymbolicInference
  ) -> [Int]? {
    guard node.applies(Reshape.self), node.inputs.count == 2, !node.output(0).isEmpty,
      graph.initializers[node.input(1)] == nil, node.attributes["allowzero"] == nil,
      let input = known[node.input(0)]?.shape, let result = known[node.output(0)]?.shape
    else { return nil }
    var target: [Int] = []
    for (axis, size) in result.enumerated() {
      if let fixed = size.fixed {
        guard fixed > 0 else { return nil }
        target.append(fixed)
      } else if input.indices.contains(axis), input[axis] == size {
        target.append(0)
      } else if !target.contains(-1) {
        target.append(-1)
      } else {
        return nil
      }
    }
    return target
  }
}
