import Tensors

/// The magnitude; the lowest number of a signed integer type stays as it is.
struct Abs: NumericFunctionOperator {
  static let type = "Abs"
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { x.magnitude }
  func callAsFunction<T: IntegerElement>(_ x: T) -> T { x < 0 ? 0 &- x : x }
}

/// `-x`; integers wrap around.
struct Neg: NumericFunctionOperator {
  static let type = "Neg"
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { -x }
  func callAsFunction<T: IntegerElement>(_ x: T) -> T { 0 &- x }
}
