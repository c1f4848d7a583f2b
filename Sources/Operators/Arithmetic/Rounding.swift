import Tensors

/// The largest whole number that is not above `x`.
struct Floor: FloatingFunctionOperator {
  static let type = "Floor"
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { x.rounded(.down) }
}

/// The smallest whole number that is not below `x`.
struct Ceil: FloatingFunctionOperator {
  static let type = "Ceil"
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { x.rounded(.up) }
}

/// The nearest whole number; of two, the even one.
struct Round: FloatingFunctionOperator {
  static let type = "Round"
  static let opsets = 11...newestOpset
  func callAsFunction<T: FloatingElement>(_ x: T) -> T { x.rounded(.toNearestOrEven) }
}
