import Tensors

/// `A + B`, broadcast. Integers wrap around.
struct Add: BinaryFunctionOperator {
  static let type = "Add"
  func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T { a + b }
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T { a &+ b }
}

/// `A - B`, broadcast. Integers wrap around.
struct Sub: BinaryFunctionOperator {
  static let type = "Sub"
  func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T { a - b }
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T { a &- b }
}

/// `A * B`, broadcast. Integers wrap around.
struct Mul: BinaryFunctionOperator {
  static let type = "Mul"
  func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T { a * b }
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T { a &* b }
}
