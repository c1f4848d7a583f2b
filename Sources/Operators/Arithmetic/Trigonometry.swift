import Tensors

/// The sine of an angle in radians.
struct Sin: FloatingFunctionOperator {
  static let type = "Sin"
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.sin(x) }
}

/// The cosine of an angle in radians.
struct Cos: FloatingFunctionOperator {
  static let type = "Cos"
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.cos(x) }
}

/// The tangent of an angle in radians.
struct Tan: FloatingFunctionOperator {
  static let type = "Tan"
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.tan(x) }
}

/// The angle in radians whose sine is `x`; NaN beyond -1 to 1.
struct Asin: FloatingFunctionOperator {
  static let type = "Asin"
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.asin(x) }
}

/// The angle in radians whose cosine is `x`; NaN beyond -1 to 1.
struct Acos: FloatingFunctionOperator {
  static let type = "Acos"
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.acos(x) }
}

/// The angle in radians whose tangent is `x`.
struct Atan: FloatingFunctionOperator {
  static let type = "Atan"
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.atan(x) }
}

/// The hyperbolic sine.
struct Sinh: FloatingFunctionOperator {
  static let type = "Sinh"
  static let opsets = 9...newestOpset
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.sinh(x) }
}

/// The hyperbolic cosine.
struct Cosh: FloatingFunctionOperator {
  static let type = "Cosh"
  static let opsets = 9...newestOpset
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.cosh(x) }
}

/// The number whose hyperbolic sine is `x`.
struct Asinh: FloatingFunctionOperator {
  static let type = "Asinh"
  static let opsets = 9...newestOpset
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.asinh(x) }
}

/// The number whose hyperbolic cosine is `x`; NaN below 1.
struct Acosh: FloatingFunctionOperator {
  static let type = "Acosh"
  static let opsets = 9...newestOpset
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.acosh(x) }
}

/// The number whose hyperbolic tangent is `x`; NaN beyond -1 to 1.
struct Atanh: FloatingFunctionOperator {
  static let type = "Atanh"
  static let opsets = 9...newestOpset
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.atanh(x) }
}
