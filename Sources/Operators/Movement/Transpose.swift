import Tensors

/// `Transpose`: dimension `perm[i]` of the input becomes dimension `i`; all reversed by default.
enum Transpose: Operator {
  static let type = "Transpose"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
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
}
