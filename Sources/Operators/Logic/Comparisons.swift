import Kernels
import Tensors

/// A comparison of two numbers; with NaN only inequality holds.
protocol ComparisonOperator: ArithmeticOperator, Sendable {
  init()
  func callAsFunction<T: NumericElement>(_ a: T, _ b: T) -> Bool
}

/// Whether `A == B`, broadcast.
struct Equal: ComparisonOperator, BoolFunction {
  static let type = "Equal"
  static let commutes = true
  func callAsFunction<T: NumericElement>(_ a: T, _ b: T) -> Bool { a == b }
  func callAsFunction(_ a: Bool, _ b: Bool) -> Bool { a == b }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.combined(type: .bool) { left, right in
      guard let difference = left.minus(right) else { return nil }
      if let fixed = difference.fixed { return Size(fixed == 0 ? 1 : 0) }
      return difference.isPositive || difference.isNegative ? Size(0) : nil
    }
  }
}

/// Whether `A > B`, broadcast.
struct Greater: ComparisonOperator {
  static let type = "Greater"
  func callAsFunction<T: NumericElement>(_ a: T, _ b: T) -> Bool { a > b }
}

/// Whether `A >= B`, broadcast.
struct GreaterOrEqual: ComparisonOperator {
  static let type = "GreaterOrEqual"
  static let opsets = 12...newestOpset
  func callAsFunction<T: NumericElement>(_ a: T, _ b: T) -> Bool { a >= b }
}

/// Whether `A < B`, broadcast.
struct Less: ComparisonOperator {
  static let type = "Less"
  func callAsFunction<T: NumericElement>(_ a: T, _ b: T) -> Bool { a < b }
}

/// Whether `A <= B`, broadcast.
struct LessOrEqual: ComparisonOperator {
  static let type = "LessOrEqual"
  static let opsets = 12...newestOpset
  func callAsFunction<T: NumericElement>(_ a: T, _ b: T) -> Bool { a <= b }
}

extension ComparisonOperator {
  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.combined(type: .bool)
  }

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let broadcast = try Broadcast(&node)
    return switch broadcast.elementType {
    case .float32: comparing(broadcast, Float.self)
    case .float64: comparing(broadcast, Double.self)
    case .int8: comparing(broadcast, Int8.self)
    case .int16: comparing(broadcast, Int16.self)
    case .int32: comparing(broadcast, Int32.self)
    case .int64: comparing(broadcast, Int64.self)
    case .uint8: comparing(broadcast, UInt8.self)
    case .uint16: comparing(broadcast, UInt16.self)
    case .uint32: comparing(broadcast, UInt32.self)
    case .uint64: comparing(broadcast, UInt64.self)
    case .bool where Self.self == Equal.self: .combining(broadcast, Equal())
    default: throw OperatorError("inputs are \(broadcast.elementType), expected numbers")
    }
  }

  private static func comparing<T: NumericElement>(
    _ broadcast: Broadcast, _: T.Type
  ) -> PreparedNode {
    let function = Self()
    return PreparedNode(.bool, broadcast.shape) { run in
      let (left, right) = (run.input(0, of: T.self), run.input(1, of: T.self))
      let output = run.output(of: Bool.self)
      broadcast.walk.forEachRun(team: run.team) {
        $0.combine(left, right, into: output) { function($0, $1) }
      }
    }
  }
}
