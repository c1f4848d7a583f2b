import Kernels
import Tensors

/// The sets of elements that `Softmax` and its kin treat as one each: along one axis, or, before
/// opset 13, everything from an axis on. There are `count * stride` of them, each of `size` elements
/// `stride` apart.
struct AxisSets: Sendable {
  let count: Int
  let size: Int
  let stride: Int

  /// - Parameter axes: those that a set goes along.
  init(_ shape: Shape, axes: Range<Int>) {
    count = shape.elementCount(in: 0..<axes.lowerBound)
    size = shape.elementCount(in: axes)
    stride = shape.elementCount(in: axes.upperBound..<shape.rank)
  }

  /// Those of the first input, by the attribute `axis`.
  init(_ node: inout NodeReader) throws {
    try node.expectInputs(1...1)
    let shape = try node.operand(0).shape
    let requested = try node.int("axis") ?? (node.opset < 13 ? 1 : -1)
    guard let axis = shape.normalized(axis: requested) else {
      throw OperatorError("axis \(requested) does not fit the shape \(shape)")
    }
    self.init(shape, axes: axis..<(node.opset < 13 ? shape.rank : axis + 1))
  }

  /// Calls `body` with the places of the elements of every set, on all threads.
  func forEach(team: ThreadTeam, _ body: (StrideTo<Int>) -> Void) {
    guard size > 0 else { return }
    team.forEachChunk(of: count * stride, chunk: max(ThreadTeam.chunkSize / size, 1)) {
      for set in $0 {
        let first = set / stride * stride * size + set % stride
        body(Swift.stride(from: first, to: first + size * stride, by: stride))
      }
    }
  }
}
