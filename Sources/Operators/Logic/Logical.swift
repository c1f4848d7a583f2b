import Kernels
import Tensors

/// A function of two bools.
protocol BoolFunction: Sendable {
  func callAsFunction(_ a: Bool, _ b: Bool) -> Bool
}

/// `A` and `B`, broadcast.
struct And: Operator, BoolFunction {
  static let type = "And"
  static let commutes = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try .combining(Broadcast(&node).expectingBools(), And())
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.combined(type: .bool)
  }

  func callAsFunction(_ a: Bool, _ b: Bool) -> Bool { a && b }
}

/// `A` or `B`, broadcast.
struct Or: Operator, BoolFunction {
  static let type = "Or"
  static let commutes = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try .combining(Broadcast(&node).expectingBools(), Or())
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.combined(type: .bool)
  }

  func callAsFunction(_ a: Bool, _ b: Bool) -> Bool { a || b }
}

/// Either `A` or `B`, not both, broadcast.
struct Xor: Operator, BoolFunction {
  static let type = "Xor"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try .combining(Broadcast(&node).expectingBools(), Xor())
  }

  func callAsFunction(_ a: Bool, _ b: Bool) -> Bool { a != b }
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
      let input = run.input(0, of: Bool.self)
      let output = run.output(of: Bool.self)
      run.team.forEachChunk(of: input.count) { for i in $0 { output[i] = !input[i] } }
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.input(0).map { input in
      let values = input.values?.fixed?.map { Size($0 == 0 ? 1 : 0) }
      return [SymbolicTensor(.bool, input.shape, values: values)]
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
  static func combining<F: BoolFunction>(_ broadcast: Broadcast, _ function: F) -> PreparedNode {
    PreparedNode(.bool, broadcast.shape) { run in
      let (left, right) = (run.input(0, of: Bool.self), run.input(1, of: Bool.self))
      let output = run.output(of: Bool.self)
      broadcast.walk.forEachRun(team: run.team) {
        $0.combine(left, right, into: output) { function($0, $1) }
      }
    }
  }
}
