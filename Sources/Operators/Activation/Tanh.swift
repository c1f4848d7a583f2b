import Kernels
import Tensors

/// The hyperbolic tangent.
struct Tanh: FloatingFunctionOperator {
  static let type = "Tanh"

  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T.tanh(x) }

  func apply(to input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>) {
    Activations.tanh(input, into: output)
  }
}
