import Tensors

/// The input as it is.
package struct Identity: Operator {
  package static let type = "Identity"
  package static let rearranges = true

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let operand = try node.operand(0)
    return .reshaping(operand, to: operand.shape)
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.input(0).map { [$0] }
  }

  package static func isIdentity(_ node: SymbolicNode) -> Bool { true }
}
