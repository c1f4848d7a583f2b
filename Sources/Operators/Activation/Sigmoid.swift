import Kernels
import Tensors

/// `1 / (1 + exp(-x))`.
package struct Sigmoid: FloatingFunctionOperator {
  package static let type = "Sigmoid"

  var activation: Activation? { .sigmoid }

  func callAsFunction<T: FloatingElement>(_ x: T) -> T { T(Activations.sigmoid(Double(x))) }

  func apply(to input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>) {
    Activations.sigmoid(input, into: output)
  }
}
