import Kernels
import Tensors

/// `max(x, 0)`; NaN stays.
struct Relu: NumericFunctionOperator {
  static let type = "Relu"
  var activation: Activation? { .relu }
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { x < 0 ? 0 : x }
  func callAsFunction<T: IntegerElement>(_ x: T) -> T { x < 0 ? 0 : x }
}

/// `x`, times `alpha` (0.01) where it is negative.
struct LeakyRelu: ArithmeticOperator, FloatingFunction {
  static let type = "LeakyRelu"
  let alpha: Float
  var activation: Activation? { .leakyRelu(slope: alpha) }

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let function = try LeakyRelu(alpha: node.float("alpha") ?? 0.01)
    return try .mapping(node.operand(0), function)
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.likeFirstInput
  }

  func callAsFunction<T: FloatingElement>(_ x: T) -> T { x < 0 ? T(alpha) * x : x }
}

/// `X`, times `slope` where it is negative; the slopes are broadcast to the shape of `X`.
struct PRelu: ArithmeticOperator, BinaryFunction {
  static let type = "PRelu"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let broadcast = try Broadcast(&node)
    let (x, slope) = try (node.operand(0).shape, node.operand(1).shape)
    guard broadcast.shape == x else {
      throw OperatorError("slope \(slope) does not broadcast to the shape \(x) of input 0")
    }
    return try .broadcasting(broadcast, PRelu())
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.likeFirstInput
  }

  func callAsFunction<T: FloatingElement>(_ x: T, _ slope: T) -> T { x < 0 ? slope * x : x }
  func callAsFunction<T: IntegerElement>(_ x: T, _ slope: T) -> T { x < 0 ? slope &* x : x }
}
