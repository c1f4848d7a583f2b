import Kernels
import ONNXGraph
import Tensors

/// `ConstantOfShape`: the one element of `value` (a float32 zero by default) in every place of a
/// tensor of the given shape.
enum ConstantOfShape: Operator {
  static let type = "ConstantOfShape"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let shape = try Shape(validating: try node.integerList(0))
    let value = try node.tensor("value") ?? Tensor(scalar: Float.zero)
    guard value.shape.elementCount == 1 else {
      throw OperatorError("attribute value has shape \(value.shape), expected one element")
    }
    let fill = StridedCopy(
      dimensions: [shape.elementCount], from: [0], to: [1],
      elementBytes: value.elementType.byteCount)
    return PreparedNode(value.elementType, shape) { run in
      value.withUnsafeBytes {
        fill.run(from: $0.baseAddress!, to: run.outputBytes(), team: run.team)
      }
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let shape = node.input(0)?.values else { return nil }
    var value = SymbolicTensor(Tensor([Float(0)]))
    if case .tensor(let tensor) = node.node.attributes["value"] {
      guard tensor.shape.elementCount == 1 else { return nil }
      value = SymbolicTensor(tensor)
    }
    var values: [Size]?
    if let count = shape.product?.fixed, (0...Tensor.followedCount).contains(count),
      let element = value.values?.first
    {
      values = [Size](repeating: element, count: count)
    }
    return [SymbolicTensor(value.elementType, shape, values: values)]
  }

  static func inFloat64(_ node: Node) -> Node {
    var wide = node
    switch node.attributes["value"] {
    case nil: wide.attributes["value"] = .tensor(Tensor([0.0]))
    case .tensor(let tensor)?: wide.attributes["value"] = .tensor(tensor.inFloat64)
    default: break
    }
    return wide
  }
}
