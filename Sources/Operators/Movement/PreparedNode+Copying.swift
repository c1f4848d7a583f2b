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
    let copy = StridedCopy(
      dimensions: dimensions, from: strides, to: ordered,
      elementBytes: operand.elementType.byteCount)
    return copying(operand.elementType, shape, copy, from: offset)
  }

  private static func copying(
    _ elementType: ElementType, _ shape: Shape, _ copy: StridedCopy, from offset: Int,
    activation: Activation? = nil
  ) -> PreparedNode {
    let finish = activation?.ofBytes(elementType)
    var node = PreparedNode(elementType, shape) { run in
      copy.run(
        from: run.inputBytes(0) + offset * elementType.byteCount, to: run.outputBytes(),
        team: run.team, finish: finish)
    }
    if activation == nil, elementType == .float32 || elementType == .float64 {
      node.applying = { copying(elementType, shape, copy, from: offset, activation: $0) }
    }
    return node
  }
}

extension Activation {
  /// The function applied to dense elements in place.
  fileprivate func ofBytes(
    _ elementType: ElementType
  ) -> @Sendable (UnsafeMutableRawBufferPointer) -> Void {
    if elementType == .float64 { return { apply(to: $0.assumingMemoryBound(to: Double.self)) } }
    return { apply(to: $0.assumingMemoryBound(to: Float.self)) }
  }
}
