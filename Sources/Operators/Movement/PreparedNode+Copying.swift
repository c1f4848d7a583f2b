import Kernels
import Tensors

extension PreparedNode {
  /// A node whose output's elements are those of its first input, read with other strides.
  ///
  /// - Parameters:
  ///   - strides: in elements of the input, one for each dimension of `shape`.
  ///   - offset: the input element that becomes the output's first.
  static func copying(
    _ operand: Operand, to shape: Shape, strides: [Int], offset: Int = 0
  ) -> PreparedNode {
    copying(
      operand, to: shape, dimensions: shape.dimensions, strides: strides, offset: offset)
  }

  /// The same for an output whose dimensions are read as other dimensions of as many elements.
  static func copying(
    _ operand: Operand, to shape: Shape, dimensions: [Int], strides: [Int], offset: Int = 0
  ) -> PreparedNode {
    let ordered = Shape(dimensions).strides
    let moves = dimensions.indices.contains {
      dimensions[$0] != 1 && strides[$0] != ordered[$0]
    }
    if !moves, shape.elementCount == operand.shape.elementCount {
      return .reshaping(operand, to: shape)
    }
    let width = operand.elementType.byteCount
    let copy = StridedCopy(
      dimensions: dimensions, from: strides, to: ordered, elementBytes: width)
    return PreparedNode(operand.elementType, shape) { run in
      copy.run(
        from: run.inputBytes(0) + offset * width, to: run.outputBytes(), team: run.team)
    }
  }
}
