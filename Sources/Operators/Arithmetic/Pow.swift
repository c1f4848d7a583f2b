import Kernels
import Tensors

/// `X` to the power of `Y`, broadcast; the exponents may be of another type from opset 12 on.
///
/// Integers wrap around, and to a negative power are the whole part of the result (0 for zero).
struct Pow: ArithmeticOperator, BinaryFunction {
  static let type = "Pow"
  static let allowsMixedPrecision = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let base = try node.operand(0)
    let exponent = try node.operand(1)
    guard node.opset >= 12 || base.elementType == exponent.elementType else {
      throw OperatorError(
        "inputs are \(base.elementType) and \(exponent.elementType), expected one type")
    }
    if exponent.isConstantTwo && exponent.shape.rank <= base.shape.rank {
      return try .mapping(base, Square())
    }
    let elementType = commonType(base.elementType, exponent.elementType)
    let operands = [base, exponent].map { Operand(elementType: elementType, shape: $0.shape) }
    return try .broadcasting(Broadcast(operands), Pow()).casting(to: base.elementType)
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.combined()
  }

  func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T { T.pow(a, b) }

  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T {
    guard b >= 0 else {
      let isMinusOne = T.isSigned && a == 0 &- 1
      return a == 1 || (isMinusOne && b & 1 == 0) ? 1 : isMinusOne ? a : 0
    }
    var result: T = 1
    var square = a
    var rest = b
    while rest != 0 {
      if rest & 1 == 1 { result = result &* square }
      square = square &* square
      rest >>= 1
    }
    return result
  }

  /// The type in which a power of two operands is computed.
  private static func commonType(_ base: ElementType, _ exponent: ElementType) -> ElementType {
    if base == exponent || base.isFloatingPoint { return base }
    return exponent.isFloatingPoint ? .float64 : .int64
  }
}

/// What `Pow` does for the exponent 2.
private struct Square: NumericFunction {
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { x * x }
  func callAsFunction<T: IntegerElement>(_ x: T) -> T { x &* x }
}

extension Operand {
  fileprivate var isConstantTwo: Bool {
    guard let value, shape.elementCount == 1, elementType.numericType != nil else { return false }
    return value.cast(to: .float64, team: ThreadTeam(threadCount: 1)).elements() == [2.0]
  }
}

extension PreparedNode {
  /// This node with its inputs cast to the type it computes in, and its output to `elementType`.
  fileprivate func casting(to elementType: ElementType) -> PreparedNode {
    let wide = outputs[0]
    return PreparedNode(elementType, wide.shape) { run in
      let inputs = run.inputs.map { $0!.cast(to: wide.elementType, team: run.team) }
      if wide.elementType == elementType {
        return try compute(run.replacing(inputs: inputs, outputs: run.outputs))
      }
      let result = MutableTensor(elementType: wide.elementType, shape: wide.shape)
      try compute(run.replacing(inputs: inputs, outputs: [result]))
      result.tensor.cast(into: run.outputs[0], team: run.team)
    }
  }
}
