import ONNXGraph
import Operators
import Tensors

extension Graph {
  /// With the results of Shape nodes as constants, where the shape they tell is known: what only asks
  /// for a shape does not need the tensor.
  package func knowingShapes(_ lookup: TensorLookup) -> Graph {
    var graph = self
    graph.nodes.removeAll { node in
      guard node.applies(ShapeOf.self), node.attributes.isEmpty, node.inputs.count == 1,
        node.outputs.count == 1, let shape = lookup(node.inputs[0])?.shape,
        !outputs.contains(where: { $0.name == node.outputs[0] })
      else { return false }
      graph.initializers[node.outputs[0]] = Tensor(shape.map { Int64($0) }, shape: [shape.rank])
      return true
    }
    return graph
  }
}
