import Kernels
import ONNXFormat
import Tensors

/// `QuantizeLinear`: the integers nearest to `x / y_scale`, of two the even one, plus `y_zero_point`,
/// held within the bounds of their type; opsets 10, 13 (`axis`), 19, 21 (`block_size`,
/// `output_dtype`), 23 (`precision`), and com.microsoft.
///
/// The result has the zero point's type, else `output_dtype`, else uint8. Numbers are divided in
/// float32, or float64 where one of the two is.
enum QuantizeLinear: Operator {
  static let type = "QuantizeLinear"
  static let opsets = 10...newestOpset
  static let revisions: [Revision] = [
    Revision(13, attributes: "axis"), Revision(19, attributes: "saturate"),
    Revision(21, attributes: "block_size", "output_dtype"), Revision(23, attributes: "precision"),
  ]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...3)
    let (x, scale) = try (node.operand(0), node.operand(1))
    try x.expect([.float32, .float64, .float16, .bfloat16, .int32], as: "input 0")
    try scale.expect([.float32, .float64, .float16, .bfloat16, .int32], as: "the scale")
    let layout = try ScaleLayout(&node)
    let type = try node.quantizedType(default: .uint8)
    // Saturation is what float8 has; the precision is at least what is asked for.
    if node.opset >= 19 { node.ignore("saturate") }
    if node.opset >= 23 { node.ignore("precision") }
    guard type.quantizedRange != nil else {
      throw OperatorError("the result is to be \(type), expected an integer of 16 bits or fewer")
    }
    let hasZeroPoint = node.optionalOperand(2) != nil
    let wide: ElementType =
      x.elementType == .float64 || scale.elementType == .float64 ? .float64 : .float32
    return PreparedNode(type, x.shape) { run in
      Quantizing.quantize(
        run.inputs[0]!.cast(to: wide, team: run.team),
        scales: run.inputs[1]!.cast(to: wide, team: run.team),
        zeroPoints: hasZeroPoint ? run.inputs[2]!.zeroPoints : [0], layout, into: run.outputs[0],
        team: run.team)
    }
  }
}

extension NodeReader {
  /// The type of a quantised result: that of input 2 (the zero point), else of `output_dtype`.
  fileprivate mutating func quantizedType(default fallback: ElementType) throws -> ElementType {
    let zeroPoint = optionalOperand(2)?.elementType
    guard opset >= 21, let code = try int("output_dtype"), code != 0 else {
      return zeroPoint ?? fallback
    }
    guard let type = ElementType(onnxCode: code), type == zeroPoint ?? type else {
      throw OperatorError(
        "attribute output_dtype is \(ElementType.name(ofONNXCode: code)), expected "
          + "\(zeroPoint.map { "\($0) as the zero point" } ?? "an integer of 16 bits or fewer")")
    }
    return type
  }
}
