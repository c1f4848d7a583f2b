import ONNXGraph
import Tensors

/// Types, shapes and small values of a model's tensors, worked out once for all sizes of its open
/// dimensions.
///
/// Nothing is guessed: where an operator or a case is not known, its results are not.
struct SymbolicInference {
  private(set) var tensors: [String: SymbolicTensor] = [:]

  /// - Parameter constants: values of tensors beside the initializers that are known.
  init(_ model: Model) {
    let graph = model.graph
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
        tensors[node.outputs[0]] = SymbolicTensor(value)
        continue
      }
      guard node.domain.isEmpty, let rule = SymbolicRules.all[node.operatorType] else { continue }
      let step = SymbolicNode(
        node: node, opset: node.opset ?? model.opsets[""] ?? 0,
        inputs: node.inputs.map { tensors[$0] })
      for (name, tensor) in zip(node.outputs, rule(step) ?? []) where !name.isEmpty {
        tensors[name] = tensor
      }
    }
  }

  subscript(tensor: String) -> SymbolicTensor? { tensors[tensor] }
}

/// One node with what is known of its inputs.
struct SymbolicNode {
  let node: Node
  let opset: Int
  let inputs: [SymbolicTensor?]

  func input(_ index: Int) -> SymbolicTensor? {
    inputs.indices.contains(index) ? inputs[index] : nil
  }

  func hasInput(_ index: Int) -> Bool {
    node.inputs.indices.contains(index) && !node.inputs[index].isEmpty
  }

  func int(_ name: String) -> Int? {
    if case .int(let value) = node.attributes[name] { Int(value) } else { nil }
  }

  func ints(_ name: String) -> [Int]? {
    if case .ints(let values) = node.attributes[name] { values.map { Int($0) } } else { nil }
  }

  func string(_ name: String) -> String? {
    if case .string(let value) = node.attributes[name] { value } else { nil }
  }

  /// The whole numbers of an input, when they depend on nothing.
  func integers(_ index: Int) -> [Int]? { input(index)?.values?.fixed }

  /// Axes from an attribute or, from `opset` on, from an input, counted from the front.
  func axes(input index: Int, fromOpset since: Int, rank: Int) -> [Int]? {
    guard let given = opset < since ? ints("axes") : integers(index) else { return nil }
    let axes = given.map { $0 < 0 ? $0 + rank : $0 }
    return axes.allSatisfy({ (0..<rank).contains($0) }) && Set(axes).count == axes.count
      ? axes : nil
  }

  func axis(_ fallback: Int?, rank: Int) -> Int? {
    guard let axis = int("axis") ?? fallback else { return nil }
    let counted = axis < 0 ? axis + rank : axis
    return (0..<rank).contains(counted) ? counted : nil
  }
}
