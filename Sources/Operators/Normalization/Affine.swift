import Kernels
import Tensors

/// Scale and bias that broadcast to the elements they are applied to.
struct Affine: Sendable {
  /// The inputs they are, and how far apart they are read along X's dimensions.
  private let scale: (input: Int, strides: [Int])
  private let bias: (input: Int, strides: [Int])?

  /// Input 1 and, where there is one, input 2, which broadcast to `x`.
  init(_ node: borrowing NodeReader, broadcastTo x: Operand) throws {
    scale = (1, try Self.strides(node.operand(1), 1, x))
    bias = try node.optionalOperand(2).map { (2, try Self.strides($0, 2, x)) }
  }

  /// Inputs 1 and 2, one element for each channel `[C]` of `x` `[N, C, …]`.
  init(_ node: borrowing NodeReader, channelsOf x: Operand) throws {
    func strides(_ index: Int) throws -> [Int] {
      let operand = try node.operand(index)
      guard operand.elementType == x.elementType, operand.shape == [x.shape[1]] else {
        throw OperatorError(
          "input \(index) is \(operand.elementType)\(operand.shape), expected "
            + "\(x.elementType)[\(x.shape[1])]")
      }
      return x.shape.indices.map { $0 == 1 ? 1 : 0 }
    }
    scale = (1, try strides(1))
    bias = (2, try strides(2))
  }

  private static func strides(_ operand: Operand, _ index: Int, _ x: Operand) throws -> [Int] {
    guard operand.elementType == x.elementType, operand.shape.rank <= x.shape.rank,
      operand.shape.broadcast(with: x.shape) == x.shape
    else {
      throw OperatorError(
        "input \(index) is \(operand.elementType)\(operand.shape), expected \(x.elementType) that "
          + "broadcasts to \(x.shape)")
    }
    return operand.shape.strides(broadcastTo: x.shape)
  }

  /// Scales and shifts elements in place; their shape is that of X.
  func apply<T: FloatingElement>(
    in run: NodeRun, to output: UnsafeMutableBufferPointer<T>, _ shape: Shape
  ) {
    let factors = run.input(scale.input, of: T.self)
    let scaled = BroadcastWalk(
      dimensions: shape.dimensions, strides: [shape.strides, scale.strides])
    scaled.forEachRun(team: run.team) {
      $0.combine(UnsafeBufferPointer(output), factors, into: output) { $0 * $1 }
    }
    guard let bias else { return }
    let shifts = run.input(bias.input, of: T.self)
    let shifted = BroadcastWalk(
      dimensions: shape.dimensions, strides: [shape.strides, bias.strides])
    shifted.forEachRun(team: run.team) {
      $0.combine(UnsafeBufferPointer(output), shifts, into: output) { $0 + $1 }
    }
  }
}
