import Kernels
import Tensors

/// `alpha * A * B + beta * C`, with either matrix transposed if asked and `C` broadcast to the
/// result; `C` may be left out from opset 11 on. Integers wrap around, and take whole factors only.
struct Gemm: ArithmeticOperator {
  static let type = "Gemm"
  static let accumulates = true
  static let mixesChannels = true
  static let revisions = [Revision(11) { !$0.hasInput(2) }]

  private let product: MatrixProduct
  private let shape: Shape
  /// The walk over the product and `C`, when there is one.
  private let sum: BroadcastWalk?
  private let alpha: Float
  private let beta: Float

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(node.opset < 11 ? 3...3 : 2...3)
    let gemm = try Gemm(&node)
    let elementType = try node.operand(0).elementType
    return switch elementType {
    case .float32: gemm.floating(Float.self)
    case .float64: gemm.floating(Double.self)
    case .int32: try gemm.integer(Int32.self)
    case .int64: try gemm.integer(Int64.self)
    case .uint32: try gemm.integer(UInt32.self)
    case .uint64: try gemm.integer(UInt64.self)
    default:
      throw OperatorError(
        "inputs are \(elementType), expected floating point or integers of 32 or 64 bits")
    }
  }

  private init(_ node: inout NodeReader) throws {
    let (a, b, c) = try (node.operand(0), node.operand(1), node.optionalOperand(2))
    for other in [b, c].compactMap({ $0 }) where other.elementType != a.elementType {
      throw OperatorError(
        "inputs are \(a.elementType) and \(other.elementType), expected one type")
    }
    let transposesLeft = try node.flag("transA", default: false)
    let transposesRight = try node.flag("transB", default: false)
    alpha = try node.float("alpha") ?? 1
    beta = try node.float("beta") ?? 1
    guard a.shape.rank == 2, b.shape.rank == 2,
      a.shape[transposesLeft ? 0 : 1] == b.shape[transposesRight ? 1 : 0]
    else {
      throw OperatorError(
        "matrices of shapes \(a.shape) and \(b.shape) cannot be multiplied"
          + " (transA \(transposesLeft ? 1 : 0), transB \(transposesRight ? 1 : 0))")
    }
    let rows = a.shape[transposesLeft ? 1 : 0]
    let columns = b.shape[transposesRight ? 0 : 1]
    var product = try MatrixProduct(
      checkingRows: rows, columns: columns, depth: a.shape[transposesLeft ? 0 : 1])
    product.transposesLeft = transposesLeft
    product.transposesRight = transposesRight
    self.product = product
    let shape = try Shape(validating: [rows, columns])
    self.shape = shape
    sum = try c.map { c in
      guard c.shape.broadcast(with: shape) == shape else {
        throw OperatorError("input 2 of shape \(c.shape) does not broadcast to \(shape)")
      }
      return Broadcast.walk([shape, c.shape], to: shape)
    }
  }

  private func floating<T: FloatingElement & BLASElement>(_: T.Type) -> PreparedNode {
    let (alpha, beta) = (T(alpha), T(beta))
    return PreparedNode(T.elementType, shape, multiplyAdds: product.multiplyAdds) { run in
      let result = run.output(of: T.self)
      let productOnly = UnsafeBufferPointer(result)
      try product(run.input(0), run.input(1), into: result, team: run.team)
      if let sum {
        let addend = run.input(2, of: T.self)
        sum.forEachRun(team: run.team) {
          $0.combine(productOnly, addend, into: result) { alpha * $0 + beta * $1 }
        }
      } else if alpha != 1 {
        run.team.forEachChunk(of: result.count) { for i in $0 { result[i] *= alpha } }
      }
    }
  }

  private func integer<T: IntegerElement>(_: T.Type) throws -> PreparedNode {
    guard let alpha = T(exactly: alpha), let beta = T(exactly: beta) else {
      throw OperatorError(
        "attributes alpha \(alpha) and beta \(beta), expected whole numbers for \(T.elementType)")
    }
    return PreparedNode(T.elementType, shape, multiplyAdds: product.multiplyAdds) { run in
      let result = run.output(of: T.self)
      let productOnly = UnsafeBufferPointer(result)
      product(run.input(0), run.input(1), into: result, team: run.team)
      if let sum {
        let addend = run.input(2, of: T.self)
        sum.forEachRun(team: run.team) {
          $0.combine(productOnly, addend, into: result) { alpha &* $0 &+ beta &* $1 }
        }
      } else if alpha != 1 {
        run.team.forEachChunk(of: result.count) { for i in $0 { result[i] = alpha &* result[i] } }
      }
    }
  }
}
