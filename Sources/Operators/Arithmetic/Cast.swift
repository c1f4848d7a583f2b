import Kernels
import ONNXFormat
import ONNXGraph
import Tensors

/// Elements as another type: towards zero from floating point to integers (which ONNX leaves open
/// beyond the type's bounds; here the nearest bound, and 0 for NaN), the lowest bits between
/// integers, the nearest value to floating point, and whether it is not zero to bool.
package struct Cast: Operator {
  package static let type = "Cast"
  package static let rearranges = true
  package static let revisions: [Revision] = [
    Revision(19, attributes: "saturate"), Revision(24, attributes: "round_mode"),
  ]

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    return try prepared(&node, to: node.elementType("to"))
  }

  /// Input 0 as elements of `elementType`.
  static func prepared(
    _ node: inout NodeReader, to elementType: ElementType
  ) throws -> PreparedNode {
    let operand = try node.operand(0)
    // Both are for float8 only.
    if node.opset >= 19 { node.ignore("saturate") }
    if node.opset >= 24 { node.ignore("round_mode") }
    if elementType == operand.elementType { return .reshaping(operand, to: operand.shape) }
    return PreparedNode(elementType, operand.shape) { run in
      run.inputs[0]!.cast(into: run.outputs[0], team: run.team)
    }
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0), let type = target(of: node.node) else { return nil }
    // Whole numbers stay what they are in every type that holds them.
    let keeps = type == .int64 || type == .int32 || type == .float32
    return [SymbolicTensor(type, input.shape, values: keeps ? input.values : nil)]
  }

  package static func isIdentity(_ node: SymbolicNode) -> Bool {
    node.input(0).map { target(of: node.node) == $0.elementType } ?? false
  }

  package static func inFloat64(_ node: Node) -> Node {
    node.inFloat64(typeIn: "to")
  }

  private static func target(of node: Node) -> ElementType? {
    if case .int(let code) = node.attributes["to"] { ElementType(onnxCode: Int(code)) } else { nil }
  }
}

extension NodeReader {
  /// An attribute that must be there and names an element type.
  mutating func elementType(_ name: String) throws -> ElementType {
    guard let type = try optionalElementType(name) else {
      throw OperatorError("attribute \(name) is missing")
    }
    return type
  }

  /// An attribute that names an element type.
  mutating func optionalElementType(_ name: String) throws -> ElementType? {
    guard let code = try int(name) else { return nil }
    guard let type = ElementType(onnxCode: code) else {
      throw OperatorError(
        "attribute \(name) is \(ElementType.name(ofONNXCode: code)), expected a floating-point type "
          + "of 16 bits or more, an integer of 8 or more, or bool")
    }
    return type
  }
}

extension Node {
  /// The node with an attribute that names a floating-point type naming float64; one that is left out
  /// stays so, unless it then stands for such a type.
  func inFloat64(typeIn name: String, default fallback: ElementType? = nil) -> Node {
    var type = fallback
    if case .int(let code) = attributes[name] { type = ElementType(onnxCode: Int(code)) }
    guard type?.isFloatingPoint ?? false else { return self }
    var wide = self
    wide.attributes[name] = .int(Int64(ElementType.float64.onnxCode))
    return wide
  }
}
