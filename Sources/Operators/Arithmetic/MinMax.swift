import Kernels
import Tensors

/// The smallest element of any number of broadcast inputs; NaN if there is one.
struct Min: VariadicOperator {
  static let type = "Min"
  func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T { a < b || a.isNaN ? a : b }
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T { a < b ? a : b }
}

/// The largest element of any number of broadcast inputs; NaN if there is one.
struct Max: VariadicOperator {
  static let type = "Max"
  func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T { a > b || a.isNaN ? a : b }
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T { a > b ? a : b }
}
