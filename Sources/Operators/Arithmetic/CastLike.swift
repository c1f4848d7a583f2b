import Kernels
import Tensors

/// Elements as the type of input 1, converted as ``Cast`` converts; opset 15.
enum CastLike: Operator {
  static let type = "CastLike"
  static let opsets = 15...newestOpset
  static let revisions: [Revision] = [
    Revision(19, attributes: "saturate"), Revision(24, attributes: "round_mode"),
  ]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let type = try node.operand(1).elementType
    return try Cast.prepared(&node, to: type)
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0), let type = node.input(1)?.elementType else { return nil }
    return [SymbolicTensor(type, input.shape)]
  }
}

/// `BitCast`: the same bytes read as elements of the type `to`, which is as wide; opset 26.
enum BitCast: Operator {
  static let type = "BitCast"
  static let opsets = 26...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let operand = try node.operand(0)
    let type = try node.elementType("to")
    guard type.byteCount == operand.elementType.byteCount else {
      throw OperatorError(
        "input 0 is \(operand.elementType) and attribute to \(type), expected types of one width")
    }
    return PreparedNode(type, operand.shape) { run in
      let output = run.outputs[0].unsafeBytes
      run.inputs[0]!.withUnsafeBytes { output.copyMemory(from: $0) }
      guard type == .bool else { return }
      for index in output.indices { output[index] = output[index] == 0 ? 0 : 1 }
    }
  }
}
