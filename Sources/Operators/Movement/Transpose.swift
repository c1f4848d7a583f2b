import Tensors

/// `Transpose`: dimension `perm[i]` of the input becomes dimension `i`; all reversed by default.
package enum Transpose: Operator {
  package static let type = "Transpose"
  package static let rearranges = true

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let data = try node.operand(0)
    let shape = data.shape
    let order = try node.ints("perm") ?? shape.indices.reversed()
    guard order.sorted() == Array(shape.indices) else {
      throw OperatorError("attribute perm is \(order), expected an order of \(shape.rank) axes")
    }
    let strides = shape.strides
    var prepared = PreparedNode.copying(
      data, to: Shape(order.map { shape[$0] }), strides: order.map { strides[$0] })
    prepared.onlyMovesElements = true
    return prepared
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0) else { return nil }
    let perm = node.ints("perm") ?? Array(input.shape.indices.reversed())
    guard perm.sorted() == Array(input.shape.indices) else { return nil }
    return [SymbolicTensor(input.elementType, perm.map { input.shape[$0] })]
  }

  package static func isIdentity(_ node: SymbolicNode) -> Bool {
    node.ints("perm").map { $0 == Array($0.indices) } ?? false
  }
}
