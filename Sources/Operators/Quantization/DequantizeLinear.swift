import Kernels
import ONNXFormat
import Tensors

/// `DequantizeLinear`: `(x - x_zero_point) * x_scale`; opsets 10, 13 (`axis`), 19, 21
/// (`block_size`), 23 (`output_dtype`), and com.microsoft.
///
/// The result has the scale's type or `output_dtype`, and is computed in float32, or float64 where
/// the scale is that.
enum DequantizeLinear: Operator {
  static let type = "DequantizeLinear"
  static let opsets = 10...newestOpset
  static let revisions: [Revision] = [
    Revision(13, attributes: "axis"), Revision(21, attributes: "block_size"),
    Revision(23, attributes: "output_dtype"),
  ]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...3)
    let (x, scale) = try (node.operand(0), node.operand(1))
    try x.expect([.int8, .uint8, .int16, .uint16, .int32], as: "input 0")
    try scale.expect([.float32, .float64, .float16, .bfloat16], as: "the scale")
    let zeroPoint = node.optionalOperand(2)
    if let zeroPoint, zeroPoint.elementType != x.elementType {
      throw OperatorError(
        "input 0 is \(x.elementType), but its zero point \(zeroPoint.elementType)")
    }
    let layout = try ScaleLayout(&node)
    var type = scale.elementType
    if node.opset >= 23, let code = try node.int("output_dtype"), code != 0 {
      guard let chosen = ElementType(onnxCode: code), chosen.isFloatingPoint else {
        throw OperatorError(
          "attribute output_dtype is \(ElementType.name(ofONNXCode: code)), expected a "
            + "floating-point type of 16 bits or more")
      }
      type = type == .float64 ? type : chosen
    }
    let wide: ElementType = scale.elementType == .float64 ? .float64 : .float32
    return PreparedNode(type, x.shape) { [type] run in
      let result =
        type == wide ? run.outputs[0] : MutableTensor(elementType: wide, shape: x.shape)
      Quantizing.dequantize(
        run.inputs[0]!, scales: run.inputs[1]!.cast(to: wide, team: run.team),
        zeroPoints: zeroPoint != nil ? run.inputs[2]!.zeroPoints : [0], layout, into: result,
        team: run.team)
      if type != wide { result.tensor.cast(into: run.outputs[0], team: run.team) }
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let x = node.input(0), let scale = node.input(1), node.int("output_dtype") == nil
    else { return nil }
    return [SymbolicTensor(scale.elementType, x.shape)]
  }
}
