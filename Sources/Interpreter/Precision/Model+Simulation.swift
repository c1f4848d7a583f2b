import Kernels
import ONNXGraph
import Operators
import Tensors

extension Model {
  /// The model with float32 tensors rounded as an engine of a narrower format rounds them.
  ///
  /// - `fp16`, `bf16`: the inputs, the constants that data meets, and every result are values of the
  ///   format. Sums are kept in float32, and what depends on shapes alone is exact.
  /// - `tf32`: what convolutions and matrix products multiply is rounded; all else is float32.
  ///
  /// Plugins are given rounded tensors and compute in float32. All tensors keep their names.
  package func simulating(_ format: NarrowFormat) -> Model {
    var rewrite = GraphRewrite(graph)
    switch format {
    case .tf32: roundFactors(to: format, &rewrite)
    case .fp16, .bf16: roundEverything(to: format, &rewrite)
    }
    return replacingNodes(rewrite.nodes)
  }

  /// The model with the named tensors, which nodes make, rounded to a narrower format.
  package func rounding(_ tensors: Set<String>, to format: NarrowFormat) -> Model {
    var rewrite = GraphRewrite(graph)
    for node in graph.nodes {
      if tensors.isDisjoint(with: node.outputs) {
        rewrite.append(node)
      } else {
        rewrite.append(node, converting: .round(format), where: tensors.contains)
      }
    }
    return replacingNodes(rewrite.nodes)
  }

  private func replacingNodes(_ nodes: [Node]) -> Model {
    var model = self
    model.graph.nodes = nodes
    return model
  }

  private func roundFactors(to format: NarrowFormat, _ rewrite: inout GraphRewrite) {
    for var node in graph.nodes {
      if node.mixesChannels {
        for index in node.inputs.indices.prefix(2) {
          node.inputs[index] = rewrite.converted(node.inputs[index], .round(format))
        }
      }
      rewrite.append(node)
    }
  }

  private func roundEverything(to format: NarrowFormat, _ rewrite: inout GraphRewrite) {
    let table = OperatorTable()
    let inputs = Set(graph.inputs.map(\.name))
    // Tensors that depend on what the graph is fed, not only on its shape.
    var data = inputs
    for var node in graph.nodes {
      guard !node.readsShapesOnly, !data.isDisjoint(with: node.inputs) else {
        rewrite.append(node)
        continue
      }
      data.formUnion(node.outputs)
      let exact = node.float32Inputs(opset: opset(of: node))
      for (index, name) in node.inputs.enumerated()
      where !name.isEmpty && !exact.contains(index)
        && (inputs.contains(name) || !data.contains(name))
      {
        node.inputs[index] = rewrite.converted(name, .round(format))
      }
      let computes = table(node, opset: opset(of: node)) is any ArithmeticOperator.Type
      if computes || node.applies(Cast.self) {
        rewrite.append(node, converting: .round(format), where: { _ in true })
      } else {
        rewrite.append(node)
      }
    }
  }
}
