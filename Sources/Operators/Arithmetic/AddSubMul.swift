import Tensors

/// `A + B`, broadcast. Integers wrap around.
package struct Add: BinaryFunctionOperator {
  package static let type = "Add"
  package static let commutes = true
  func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T { a + b }
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T { a &+ b }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.combined { $0.plus($1) }
  }
}

/// `A - B`, broadcast. Integers wrap around.
package struct Sub: BinaryFunctionOperator {
  package static let type = "Sub"
  func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T { a - b }
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T { a &- b }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.combined { $0.minus($1) }
  }
}

/// `A * B`, broadcast. Integers wrap around.
package struct Mul: BinaryFunctionOperator {
  package static let type = "Mul"
  package static let commutes = true
  func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T { a * b }
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T { a &* b }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.combined { $0.times($1) }
  }
}
