import Tensors

/// `Shape`: the input's dimensions as int64, from `start` up to `end` (opset 15), both clamped.
package enum ShapeOf: Operator {
  package static let type = "Shape"
  package static let readsShapesOnly = true
  package static let revisions = [Revision(15, attributes: "start", "end")]

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let shape = try node.operand(0).shape
    var range = 0..<shape.rank
    if node.opset >= 15 {
      let start = clamp(try node.int("start") ?? 0, rank: shape.rank)
      let end = clamp(try node.int("end") ?? shape.rank, rank: shape.rank)
      range = start..<max(start, end)
    }
    return .constants([Tensor(shape.dimensions[range].map { Int64($0) })])
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0), node.int("start") == nil, node.int("end") == nil else {
      return nil
    }
    return [SymbolicTensor(.int64, [Size(input.shape.count)], values: input.shape)]
  }

  private static func clamp(_ axis: Int, rank: Int) -> Int {
    min(max(axis < 0 ? axis + rank : axis, 0), rank)
  }
}
