import Kernels
import ONNXGraph
import Tensors

/// A convolution or matrix product of integers of 8 bits less their zero points.
///
/// It is computed in float64, in which the sums are exact.
struct ExactProduct: Sendable {
  enum Kind { case convolution, matrices }

  let left: Operand
  let right: Operand
  private let places: (left: Int, right: Int, leftZero: Int, rightZero: Int)
  private let axes: (left: Int, right: Int)
  private let product: PreparedNode
  /// The right operand less its zero point, where it is the same at every run.
  private let constantRight: Tensor?

  /// The result's shape.
  var shape: Shape { product.outputs[0].shape }

  init(
    _ node: inout NodeReader, _ kind: Kind, left: Int, right: Int, zeroPoints: (Int, Int)
  ) throws {
    self.left = try node.operand(left)
    self.right = try node.operand(right)
    places = (left, right, zeroPoints.0, zeroPoints.1)
    try self.left.expect([.uint8, .int8], as: "input \(left)")
    try self.right.expect([.uint8, .int8], as: "input \(right)")
    let wide = [self.left, self.right].map {
      Operand(elementType: .float64, shape: $0.shape)
    }
    let rank = self.left.shape.rank
    switch kind {
    case .convolution:
      product = try node.preparing(Conv.self, wide)
      axes = (0, 0)
    case .matrices:
      product = try node.preparing(MatMul.self, wide)
      axes = (max(rank - 2, 0), self.right.shape.rank - 1)
    }
    try node.expectZeroPoint(
      zeroPoints.0, of: self.left, axis: kind == .matrices && rank > 1 ? axes.left : nil)
    try node.expectZeroPoint(
      zeroPoints.1, of: self.right,
      axis: kind == .convolution || self.right.shape.rank > 1 ? axes.right : nil)
    let rightZero = node.optionalOperand(zeroPoints.1)
    if let value = self.right.value, rightZero == nil || rightZero?.value != nil {
      constantRight = Quantizing.centered(
        value, zeroPoint: rightZero?.value, axis: axes.right, team: ThreadTeam(threadCount: 1))
    } else {
      constantRight = nil
    }
  }

  /// The node whose output `finish` writes from the exact sums.
  func node(
    _ type: ElementType = .int32, finish: @escaping @Sendable (NodeRun, Tensor) throws -> Void
  ) -> PreparedNode {
    var node = PreparedNode(type, shape, multiplyAdds: product.multiplyAdds) { run in
      let left = Quantizing.centered(
        run.inputs[places.left]!, zeroPoint: run.optionalInput(places.leftZero), axis: axes.left,
        team: run.team)
      let right =
        constantRight
        ?? Quantizing.centered(
          run.inputs[places.right]!, zeroPoint: run.optionalInput(places.rightZero),
          axis: axes.right, team: run.team)
      let sums = MutableTensor(elementType: .float64, shape: shape)
      try product.compute(run.replacing(inputs: [left, right], outputs: [sums]))
      try finish(run, sums.tensor)
    }
    node.workspaceBytesPerWorker = product.workspaceBytesPerWorker
    return node
  }
}

extension NodeReader {
  /// Throws unless an input that may be left out is a zero point of `operand`: of its type, and one
  /// number or one for each place along `axis`.
  fileprivate func expectZeroPoint(_ index: Int, of operand: Operand, axis: Int?) throws {
    guard let zeroPoint = optionalOperand(index) else { return }
    let count = axis.map { operand.shape[$0] } ?? 1
    guard zeroPoint.elementType == operand.elementType,
      zeroPoint.shape.elementCount == 1
        || (zeroPoint.shape.elementCount == count && zeroPoint.shape.contains(count))
    else {
      throw OperatorError(
        "input \(index) (zero point) is \(zeroPoint.elementType)\(zeroPoint.shape), expected "
          + "\(operand.elementType), one number" + (axis == nil ? "" : " or [\(count)]"))
    }
  }
}

extension NodeRun {
  /// An input that may be left out.
  func optionalInput(_ index: Int) -> Tensor? {
    inputs.indices.contains(index) ? inputs[index] : nil
  }
}

extension Int32 {
  /// A sum of products of integers of 8 bits, which wraps around.
  init(sum: Double) { self.init(truncatingIfNeeded: Int64(sum)) }
}
