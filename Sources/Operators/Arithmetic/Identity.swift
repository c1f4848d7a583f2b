import Tensors

/// The input as it is.
struct Identity: Operator {
  static let type = "Identity"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let operand = try node.operand(0)
    return .reshaping(operand, to: operand.shape)
  }
}
