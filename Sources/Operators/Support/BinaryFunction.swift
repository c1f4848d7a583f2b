import Kernels
import Tensors

/// A function of two numbers of one type that gives a third.
///
/// Integers wrap around.
protocol BinaryFunction: Sendable {
  func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T
  /// Throws when the function has no value for one of the right operand's elements.
  func check<T: IntegerElement>(right: UnsafeBufferPointer<T>) throws
}

extension BinaryFunction {
  func check<T: IntegerElement>(right: UnsafeBufferPointer<T>) throws {}
}

/// An operator that is a function of two numbers, over broadcast operands and without attributes.
protocol BinaryFunctionOperator: ArithmeticOperator, BinaryFunction { init() }

extension BinaryFunctionOperator {
  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try .broadcasting(Broadcast(&node), Self())
  }
}

extension PreparedNode {
  /// A node that applies `function` to its two inputs, broadcast to one shape.
  static func broadcasting<F: BinaryFunction>(
    _ broadcast: Broadcast, _ function: F
  ) throws -> PreparedNode {
    switch broadcast.elementType {
    case .float32: floating(broadcast, Float.self, function)
    case .float64: floating(broadcast, Double.self, function)
    case .int8: integer(broadcast, Int8.self, function)
    case .int16: integer(broadcast, Int16.self, function)
    case .int32: integer(broadcast, Int32.self, function)
    case .int64: integer(broadcast, Int64.self, function)
    case .uint8: integer(broadcast, UInt8.self, function)
    case .uint16: integer(broadcast, UInt16.self, function)
    case .uint32: integer(broadcast, UInt32.self, function)
    case .uint64: integer(broadcast, UInt64.self, function)
    default: throw OperatorError("inputs are \(broadcast.elementType), expected numbers")
    }
  }

  private static func floating<T: FloatingElement, F: BinaryFunction>(
    _ broadcast: Broadcast, _: T.Type, _ function: F
  ) -> PreparedNode {
    PreparedNode(broadcast.elementType, broadcast.shape) { run in
      let (left, right) = (run.input(0, of: T.self), run.input(1, of: T.self))
      let output = run.output(of: T.self)
      broadcast.walk.forEachRun(team: run.team) {
        $0.combine(left, right, into: output) { function($0, $1) }
      }
    }
  }

  private static func integer<T: IntegerElement, F: BinaryFunction>(
    _ broadcast: Broadcast, _: T.Type, _ function: F
  ) -> PreparedNode {
    PreparedNode(broadcast.elementType, broadcast.shape) { run in
      let (left, right) = (run.input(0, of: T.self), run.input(1, of: T.self))
      try function.check(right: right)
      let output = run.output(of: T.self)
      broadcast.walk.forEachRun(team: run.team) {
        $0.combine(left, right, into: output) { function($0, $1) }
      }
    }
  }
}
