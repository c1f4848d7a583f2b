import Kernels
import Tensors

/// `A` and `B`, broadcast.
struct And: Operator {
  static let type = "And"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try .combining(Broadcast(&node).expectingBools()) { $0 && $1 }
  }
}

/// `A` or `B`, broadcast.
struct Or: Operator {
  static let type = "Or"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try .combining(Broadcast(&node).expectingBools()) { $0 || $1 }
  }
}

/// The opposite.
struct Not: Operator {
  static let type = "Not"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let operand = try node.operand(0)
    guard operand.elementType == .bool else {
      throw OperatorError("input 0 is \(operand.elementType), expected bool")
    }
    return PreparedNode(.bool, operand.shape) { run in
      run.team.map(run.input(0, of: Bool.self), into: run.output()) { !$0 }
    }
  }
}

extension Broadcast {
  fileprivate func expectingBools() throws -> Broadcast {
    guard elementType == .bool else {
      throw OperatorError("inputs are \(elementType), expected bool")
    }
    return self
  }
}

extension PreparedNode {
  /// A node that combines two inputs of type bool.
  @inline(__always)
  static func combining(
    _ broadcast: Broadcast, _ function: @escaping @Sendable (Bool, Bool) -> Bool
  ) -> PreparedNode {
    PreparedNode(.bool, broadcast.shape) { run in
      run.team.map(
        run.input(0, of: Bool.self), run.input(1, of: Bool.self), into: run.output(),
        walk: broadcast.walk, function)
    }
  }
}
