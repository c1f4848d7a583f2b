import Kernels
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
}
