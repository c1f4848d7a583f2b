import ONNXGraph
import Operators
import Tensors

/// Types, shapes and small values of a model's tensors, worked out once for all sizes of its open
/// dimensions.
///
/// Nothing is guessed: where an operator or a case is not known, its results are not.
struct SymbolicInference {
  private(set) var tensors: [String: SymbolicTensor] = [:]

  private let opset: Int

  init(_ model: Model) {
    let graph = model.graph
    opset = model.opsets[""] ?? 0
    tensors = graph.initializers.mapValues { SymbolicTensor($0) }
    for input in graph.inputs {
      guard let elementType = input.elementType, let dimensions = input.dimensions else { continue }
      tensors[input.name] = SymbolicTensor(
        elementType,
        dimensions.enumerated().map { axis, dimension in
          if case .fixed(let size) = dimension { return Size(size) }
          // Names of dimensions are hints: each open one is a symbol of its own.
          return Size(symbol: "\(input.name)[\(axis)]")
        })
    }
    for node in graph.nodes {
      if let value = node.constantValue {
        tensors[node.output(0)] = SymbolicTensor(value)
        continue
      }
      let results = node.definition?.symbolicResults(symbolic(node))
      for (name, tensor) in zip(node.outputs, results ?? []) where !name.isEmpty {
        tensors[name] = tensor.checked
      }
    }
  }

  subscript(tensor: String) -> SymbolicTensor? { tensors[tensor] }

  /// A node with what is known of its inputs.
  func symbolic(_ node: Node) -> SymbolicNode {
    SymbolicNode(node, opset: node.opset ?? opset, inputs: node.inputs.map { tensors[$0] })
  }
}
