import Kernels
import Tensors

/// An operator that is a function of each floating-point element, with attributes that `init` reads.
protocol AttributedFunctionOperator: ArithmeticOperator, FloatingFunction {
  init(_ node: inout NodeReader) throws
}

extension AttributedFunctionOperator {
  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let function = try Self(&node)
    return try .mapping(node.operand(0), function)
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.likeFirstInput
  }
}

/// `x`, or `alpha * (exp(x) - 1)` where it is negative; `alpha` is 1 by default.
struct Elu: AttributedFunctionOperator {
  static let type = "Elu"
  private let alpha: Float

  init(_ node: inout NodeReader) throws { alpha = try node.float("alpha") ?? 1 }

  func callAsFunction<T: FloatingElement>(_ x: T) -> T {
    x < 0 ? T(Double(alpha) * (Double.exp(Double(x)) - 1)) : x
  }
}

/// `gamma * x`, or `gamma * alpha * (exp(x) - 1)` where it is not positive.
struct Selu: AttributedFunctionOperator {
  static let type = "Selu"
  private let alpha: Float
  private let gamma: Float

  init(_ node: inout NodeReader) throws {
    alpha = try node.float("alpha") ?? 1.6732632
    gamma = try node.float("gamma") ?? 1.050701
  }

  func callAsFunction<T: FloatingElement>(_ x: T) -> T {
    let inner = x > 0 ? Double(x) : Double(alpha) * (Double.exp(Double(x)) - 1)
    return T(Double(gamma) * inner)
  }
}

/// `max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))`; `alpha` is 1 by default.
struct Celu: AttributedFunctionOperator {
  static let type = "Celu"
  static let opsets = 12...newestOpset
  private let alpha: Float

  init(_ node: inout NodeReader) throws {
    alpha = try node.float("alpha") ?? 1
    if alpha == 0 { throw OperatorError("attribute alpha is 0, expected another number") }
  }

  func callAsFunction<T: FloatingElement>(_ x: T) -> T {
    guard x == x else { return x }
    let bent = Double(alpha) * (Double.exp(Double(x) / Double(alpha)) - 1)
    return T(max(Double(x), 0) + min(0, bent))
  }
}

/// `x` times the probability that a normal number is below it, exactly or, with `approximate` `tanh`,
/// `0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))`; opset 20, and com.microsoft.
struct Gelu: AttributedFunctionOperator {
  private enum Approximation: String, CaseIterable { case none, tanh }

  static let type = "Gelu"
  static let opsets = 20...newestOpset
  private let approximation: Approximation

  init(_ node: inout NodeReader) throws {
    approximation = try node.choice("approximate", default: .none)
  }

  func callAsFunction<T: FloatingElement>(_ x: T) -> T {
    let x = Double(x)
    switch approximation {
    case .none: return T(0.5 * x * (1 + Double.erf(x * 0.5.squareRoot())))
    case .tanh:
      return T(
        0.5 * x * (1 + Double.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))))
    }
  }
}

/// `x * tanh(log(1 + exp(x)))`; opset 18.
struct Mish: FloatingFunctionOperator {
  static let type = "Mish"
  static let opsets = 18...newestOpset

  func callAsFunction<T: FloatingElement>(_ x: T) -> T {
    let wide = Double(x)
    let softplus = max(wide, 0) + Double.log(1 + Double.exp(-abs(wide)))
    return T(wide * Double.tanh(softplus))
  }
}

/// `x / (1 + exp(-alpha * x))`; `alpha` is 1 by default; opset 24.
struct Swish: AttributedFunctionOperator {
  static let type = "Swish"
  static let opsets = 24...newestOpset
  private let alpha: Float

  init(_ node: inout NodeReader) throws { alpha = try node.float("alpha") ?? 1 }

  func callAsFunction<T: FloatingElement>(_ x: T) -> T {
    x * T(Activations.sigmoid(Double(alpha) * Double(x)))
  }
}

/// `x / (1 + |x|)`.
struct Softsign: FloatingFunctionOperator {
  static let type = "Softsign"
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { x / (1 + x.magnitude) }
}

/// `x` where it is above `alpha` (1 by default), else 0; opset 10.
struct ThresholdedRelu: AttributedFunctionOperator {
  static let type = "ThresholdedRelu"
  static let opsets = 10...newestOpset
  private let alpha: Float

  init(_ node: inout NodeReader) throws { alpha = try node.float("alpha") ?? 1 }

  func callAsFunction<T: FloatingElement>(_ x: T) -> T { x > T(alpha) ? x : 0 }
}

/// `x + bias` below `-lambd` (0.5 by default), `x - bias` above `lambd`, 0 between; opset 9.
struct Shrink: ArithmeticOperator, NumericFunction {
  static let type = "Shrink"
  static let opsets = 9...newestOpset
  private let bias: Float
  private let bound: Float

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let function = try Shrink(bias: node.float("bias") ?? 0, bound: node.float("lambd") ?? 0.5)
    return try .mapping(node.operand(0), function)
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? { node.likeFirstInput }

  func callAsFunction<T: FloatingElement>(_ x: T) -> T {
    x < -T(bound) ? x + T(bias) : x > T(bound) ? x - T(bias) : 0
  }

  func callAsFunction<T: IntegerElement>(_ x: T) -> T {
    T(converting: callAsFunction(Double(x)))
  }
}
