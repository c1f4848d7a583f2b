import Tensors

/// `Squeeze`: the same elements without the named dimensions of one, or without all of them when
/// none is named. The axes are an attribute before opset 13 and an input from then on.
enum Squeeze: Operator {
  static let type = "Squeeze"
  static let rearranges = true
  static let revisions: [Revision] = [13]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let axes: [Int]?
    if node.opset < 13 {
      try node.expectInputs(1...1)
      axes = try node.ints("axes")
    } else {
      try node.expectInputs(1...2)
      axes = try node.optionalIntegerList(1)
    }
    let data = try node.operand(0)
    let shape = data.shape
    let dropped =
      try axes.map { Set(try $0.map { try normalized(axis: $0, rank: shape.rank) }) }
      ?? Set(shape.indices.filter { shape[$0] == 1 })
    for axis in dropped.sorted() where shape[axis] != 1 {
      throw OperatorError("dimension \(axis) of \(shape) is \(shape[axis]), expected 1")
    }
    return .reshaping(
      data, to: Shape(shape.indices.filter { !dropped.contains($0) }.map { shape[$0] }))
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0),
      let axes = node.axes(input: 1, fromOpset: 13, rank: input.shape.count)
    else { return nil }
    let shape = input.shape.indices.filter { !axes.contains($0) }.map { input.shape[$0] }
    return [SymbolicTensor(input.elementType, shape, values: input.values)]
  }

  static func isIdentity(_ node: SymbolicNode) -> Bool {
    node.keepsShape(symbolicResults(node))
  }
}
