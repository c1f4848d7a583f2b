import Tensors

/// `Unsqueeze`: the same elements with dimensions of one inserted, at axes counted in the result.
/// The axes are an attribute before opset 13 and an input from then on.
package enum Unsqueeze: Operator {
  package static let type = "Unsqueeze"
  package static let rearranges = true
  package static let revisions: [Revision] = [13]

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let axes: [Int]
    if node.opset < 13 {
      try node.expectInputs(1...1)
      guard let attribute = try node.ints("axes") else {
        throw OperatorError("attribute axes is missing")
      }
      axes = attribute
    } else {
      try node.expectInputs(2...2)
      axes = try node.integerList(1)
    }
    let data = try node.operand(0)
    let rank = data.shape.rank + axes.count
    let inserted = Set(try normalized(axes: axes, rank: rank))
    var kept = data.shape.makeIterator()
    return .reshaping(
      data, to: Shape((0..<rank).map { inserted.contains($0) ? 1 : kept.next()! }))
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0),
      let count = node.opset < 13 ? node.ints("axes")?.count : node.integers(1)?.count,
      let axes = node.axes(input: 1, fromOpset: 13, rank: input.shape.count + count)
    else { return nil }
    var shape = input.shape
    for axis in axes.sorted() { shape.insert(Size(1), at: axis) }
    return [SymbolicTensor(input.elementType, shape, values: input.values)]
  }

  package static func isIdentity(_ node: SymbolicNode) -> Bool {
    node.keepsShape(symbolicResults(node))
  }
}
