import Kernels
import Tensors

/// The product of matrices, `[…, M, K] * […, K, N]` with the leading dimensions broadcast; a vector
/// on the left is a row, one on the right a column. Integers wrap around.
struct MatMul: ArithmeticOperator {
  static let type = "MatMul"
  static let accumulates = true
  static let mixesChannels = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let left = try node.operand(0)
    let right = try node.operand(1)
    guard left.elementType == right.elementType else {
      throw OperatorError(
        "inputs are \(left.elementType) and \(right.elementType), expected one type")
    }
    let (product, shape) = try product(of: left.shape, and: right.shape)
    return switch left.elementType {
    case .float32: floating(product, Float.self, shape)
    case .float64: floating(product, Double.self, shape)
    case .int32: integer(product, Int32.self, shape)
    case .int64: integer(product, Int64.self, shape)
    case .uint32: integer(product, UInt32.self, shape)
    case .uint64: integer(product, UInt64.self, shape)
    default:
      throw OperatorError(
        "inputs are \(left.elementType), expected floating point or integers of 32 or 64 bits")
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let left = node.input(0), let right = node.input(1), left.shape.count > 1,
      right.shape.count > 1, let columns = right.shape.last,
      let batch = node.broadcast(Array(left.shape.dropLast(2)), Array(right.shape.dropLast(2)))
    else { return nil }
    return [SymbolicTensor(left.elementType, batch + [left.shape[left.shape.count - 2], columns])]
  }

  private static func product(of left: Shape, and right: Shape) throws -> (MatrixProduct, Shape) {
    func mismatch() -> OperatorError {
      OperatorError("matrices of shapes \(left) and \(right) cannot be multiplied")
    }
    guard left.rank > 0, right.rank > 0 else { throw mismatch() }
    let a = left.rank == 1 ? Shape([1, left[0]]) : left
    let b = right.rank == 1 ? Shape([right[0], 1]) : right
    let (rows, depth, columns) = (a[a.rank - 2], a[a.rank - 1], b[b.rank - 1])
    let (aBatch, bBatch) = (Shape(a.dropLast(2)), Shape(b.dropLast(2)))
    guard b[b.rank - 2] == depth, let batch = aBatch.broadcast(with: bBatch) else {
      throw mismatch()
    }
    let shape = try Shape(
      validating: batch.dimensions + (left.rank == 1 ? [] : [rows])
        + (right.rank == 1 ? [] : [columns]))
    var product = try MatrixProduct(checkingRows: rows, columns: columns, depth: depth)
    if shape.elementCount > 0 {
      try MatrixProduct.checkCount(batch.elementCount)
      product.leftStarts = aBatch.offsets(broadcastTo: batch).map { $0 * rows * depth }
      product.rightStarts = bBatch.offsets(broadcastTo: batch).map { $0 * depth * columns }
    }
    return (product, shape)
  }

  private static func floating<T: FloatingElement & BLASElement>(
    _ product: MatrixProduct, _: T.Type, _ shape: Shape
  ) -> PreparedNode {
    PreparedNode(T.elementType, shape, multiplyAdds: product.multiplyAdds) { run in
      try product(run.input(0, of: T.self), run.input(1), into: run.output(), team: run.team)
    }
  }

  private static func integer<T: IntegerElement>(
    _ product: MatrixProduct, _: T.Type, _ shape: Shape
  ) -> PreparedNode {
    PreparedNode(T.elementType, shape, multiplyAdds: product.multiplyAdds) { run in
      product(run.input(0, of: T.self), run.input(1), into: run.output(), team: run.team)
    }
  }
}

extension Shape {
  /// For each position of `target`, where a tensor of this shape is read.
  fileprivate func offsets(broadcastTo target: Shape) -> [Int] {
    let strides = strides(broadcastTo: target)
    return zip(target, strides).reduce([0]) { offsets, axis in
      offsets.flatMap { offset in (0..<axis.0).map { offset + $0 * axis.1 } }
    }
  }
}
