import Tensors

/// `log(1 + exp(x))`.
struct Softplus: FloatingFunctionOperator {
  static let type = "Softplus"

  func callAsFunction<T: FloatingElement>(_ x: T) -> T {
    // log(1 + e) for e below 1, where e / (sum - 1) makes good what rounding the sum has lost.
    let e = T.exp(-x.magnitude)
    let sum = 1 + e
    let logarithm = sum == 1 ? e : T.log(sum) * (e / (sum - 1))
    return (x < 0 ? 0 : x) + logarithm
  }
}
