import Tensors

/// `Expand`: the input repeated along its dimensions of one, by broadcasting with a given shape.
enum Expand: Operator {
  static let type = "Expand"
  static let opsets = 8...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let data = try node.operand(0)
    let requested = try Shape(validating: try node.integerList(1))
    guard let shape = data.shape.broadcast(with: requested) else {
      throw OperatorError("shape \(data.shape) does not broadcast with \(requested)")
    }
    return .copying(data, to: shape, strides: data.shape.strides(broadcastTo: shape))
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0), let target = node.input(1)?.values,
      let shape = node.broadcast(input.shape, target)
    else { return nil }
    let values = shape == input.shape ? input.values : nil
    return [SymbolicTensor(input.elementType, shape, values: values)]
  }

  static func isIdentity(_ node: SymbolicNode) -> Bool {
    node.keepsShape(symbolicResults(node))
  }
}
