import Kernels
import ONNXFormat
import Tensors

/// Elements as another type: towards zero from floating point to integers (which ONNX leaves open
/// beyond the type's bounds; here the nearest bound, and 0 for NaN), the lowest bits between
/// integers, the nearest value to floating point, and whether it is not zero to bool.
struct Cast: Operator {
  static let type = "Cast"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let operand = try node.operand(0)
    guard let code = try node.int("to") else { throw OperatorError("attribute to is missing") }
    // Both are for float8 only.
    if node.opset >= 19 { node.ignore("saturate") }
    if node.opset >= 24 { node.ignore("round_mode") }
    guard let elementType = ElementType(onnxCode: code) else {
      throw OperatorError(
        "attribute to is \(ElementType.name(ofONNXCode: code)), expected a floating-point type of "
          + "16 bits or more, an integer of 8 or more, or bool")
    }
    if elementType == operand.elementType { return .reshaping(operand, to: operand.shape) }
    return PreparedNode(elementType, operand.shape) { run in
      run.inputs[0]!.cast(into: run.outputs[0], team: run.team)
    }
  }
}
