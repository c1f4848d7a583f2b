import Kernels
import Tensors

/// `e` to the power of `x`.
struct Exp: FloatingFunctionOperator {
  static let type = "Exp"

  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.exp(x) }

  func apply(to input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>) {
    Activations.exp(input, into: output)
  }
}

/// The natural logarithm; NaN below 0.
struct Log: FloatingFunctionOperator {
  static let type = "Log"
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.log(x) }
}

/// The square root; NaN below 0.
struct Sqrt: FloatingFunctionOperator {
  static let type = "Sqrt"
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { x.squareRoot() }
}

/// The error function.
struct Erf: FloatingFunctionOperator {
  static let type = "Erf"
  static let opsets = 9...newestOpset
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.erf(x) }
}

/// `1 / x`.
struct Reciprocal: FloatingFunctionOperator {
  static let type = "Reciprocal"
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { 1 / x }
}
