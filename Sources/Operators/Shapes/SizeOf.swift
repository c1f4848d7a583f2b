import Tensors

/// `Size`: the number of the input's elements, as one int64.
enum SizeOf: Operator {
  static let type = "Size"
  static let readsShapesOnly = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    return .constants([Tensor(scalar: Int64(try node.operand(0).shape.elementCount))])
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0) else { return nil }
    return [SymbolicTensor(.int64, [], values: input.shape.product.map { [$0] })]
  }
}
