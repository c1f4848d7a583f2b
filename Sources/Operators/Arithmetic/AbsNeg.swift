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

/// 1 above zero, -1 below, and otherwise `x` itself: a zero, or NaN.
struct Sign: NumericFunctionOperator {
  static let type = "Sign"
  static let opsets = 9...newestOpset
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { x > 0 ? 1 : x < 0 ? -1 : x }
  func callAsFunction<T: IntegerElement>(_ x: T) -> T { x > 0 ? 1 : x < 0 ? 0 &- 1 : 0 }
}
