import Kernels
import Tensors

/// A function of two integers, over broadcast operands.
protocol IntegerFunctionOperator: Operator, BinaryFunction { init() }

extension IntegerFunctionOperator {
  package static var opsets: ClosedRange<Int> { 18...newestOpset }

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try .broadcasting(Broadcast(&node).expectingIntegers(), Self())
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? { node.combined() }

  /// Preparation refuses floating point.
  package func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T { a }
}

/// The bits that both have; opset 18.
struct BitwiseAnd: IntegerFunctionOperator {
  static let type = "BitwiseAnd"
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T { a & b }
}

/// The bits that either has; opset 18.
struct BitwiseOr: IntegerFunctionOperator {
  static let type = "BitwiseOr"
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T { a | b }
}

/// The bits that one of the two has; opset 18.
struct BitwiseXor: IntegerFunctionOperator {
  static let type = "BitwiseXor"
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T { a ^ b }
}

/// The opposite of every bit; opset 18.
struct BitwiseNot: Operator, NumericFunction {
  static let type = "BitwiseNot"
  static let opsets = 18...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let operand = try node.operand(0)
    guard operand.elementType.integerType != nil else {
      throw OperatorError("input 0 is \(operand.elementType), expected integers")
    }
    return try .mapping(operand, BitwiseNot())
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? { node.likeFirstInput }

  /// Preparation refuses floating point.
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { x }
  func callAsFunction<T: IntegerElement>(_ x: T) -> T { ~x }
}

/// `X` with its bits moved by `Y` places to the left or right (`direction`), zeros moving in;
/// unsigned integers; opset 11.
struct BitShift: Operator, BinaryFunction {
  enum Direction: String, CaseIterable {
    case left = "LEFT"
    case right = "RIGHT"
  }

  static let type = "BitShift"
  static let opsets = 11...newestOpset
  private let direction: Direction

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    guard node.has("direction") else { throw OperatorError("attribute direction is missing") }
    let shift = try BitShift(direction: node.choice("direction", default: .left))
    let broadcast = try Broadcast(&node).expectingIntegers()
    guard broadcast.elementType.integerType?.isSigned == false else {
      throw OperatorError("inputs are \(broadcast.elementType), expected unsigned integers")
    }
    return try .broadcasting(broadcast, shift)
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? { node.combined() }

  /// Preparation refuses floating point.
  func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T { a }
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T {
    direction == .left ? a << b : a >> b
  }
}

extension Broadcast {
  fileprivate func expectingIntegers() throws -> Broadcast {
    guard elementType.integerType != nil else {
      throw OperatorError("inputs are \(elementType), expected integers")
    }
    return self
  }
}
