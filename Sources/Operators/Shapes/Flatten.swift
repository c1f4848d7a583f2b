import Tensors

/// `Flatten`: two dimensions, the product of those before `axis` and of those from it on.
enum Flatten: Operator {
  static let type = "Flatten"
  static let rearranges = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let data = try node.operand(0)
    let rank = data.shape.rank
    let axis = try node.int("axis") ?? 1
    guard (-rank...rank).contains(axis) else {
      throw OperatorError("attribute axis is \(axis), expected \(-rank) to \(rank)")
    }
    let split = axis < 0 ? axis + rank : axis
    let shape = try Shape(validating: [
      data.shape.elementCount(in: 0..<split), data.shape.elementCount(in: split..<rank),
    ])
    return .reshaping(data, to: shape)
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0), let axis = node.int("axis") ?? 1 as Int?,
      (0...input.shape.count).contains(axis), let rows = Array(input.shape[..<axis]).product,
      let columns = Array(input.shape[axis...]).product
    else { return nil }
    return [SymbolicTensor(input.elementType, [rows, columns])]
  }

  static func isIdentity(_ node: SymbolicNode) -> Bool {
    node.keepsShape(symbolicResults(node))
  }
}
