import Tensors

/// `alpha * x + beta`, held between 0 and 1; NaN stays. `alpha` is 0.2 and `beta` 0.5 by default.
struct HardSigmoid: ArithmeticOperator, FloatingFunction {
  static let type = "HardSigmoid"
  let alpha: Float
  let beta: Float

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let function = try HardSigmoid(
      alpha: node.float("alpha") ?? 0.2, beta: node.float("beta") ?? 0.5)
    return try .mapping(node.operand(0), function)
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.likeFirstInput
  }

  func callAsFunction<T: FloatingElement>(_ x: T) -> T { unit(T(alpha) * x + T(beta)) }
}

/// `x` times the hard sigmoid of slope 1/6.
struct HardSwish: FloatingFunctionOperator {
  static let type = "HardSwish"
  static let opsets = 14...newestOpset

  func callAsFunction<T: FloatingElement>(_ x: T) -> T { x * unit(x / 6 + 0.5) }
}

/// `x` held between 0 and 1.
private func unit<T: FloatingElement>(_ x: T) -> T { x < 0 ? 0 : x > 1 ? 1 : x }
