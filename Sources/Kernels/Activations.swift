import CKernels
import Glibc

/// Activation functions of arrays: float32 by vectors of the widest level the processor has, float64
/// one by one.
///
/// An element's result depends on that element alone, not on where it stands; input and output may
/// be the same memory. `activations.h` states the errors.
package enum Activations {
  private static let functions = activation_functions(InstructionSet.inUse)

  /// `1 / (1 + exp(-x))`.
  package static func sigmoid(
    _ x: UnsafeBufferPointer<Float>, into y: UnsafeMutableBufferPointer<Float>
  ) {
    apply(functions.sigmoid, x, y)
  }

  /// `1 / (1 + exp(-x))`.
  package static func sigmoid(
    _ x: UnsafeBufferPointer<Double>, into y: UnsafeMutableBufferPointer<Double>
  ) {
    for i in x.indices { y[i] = sigmoid(x[i]) }
  }

  /// `x * sigmoid(x)`, to the bit.
  package static func silu(
    _ x: UnsafeBufferPointer<Float>, into y: UnsafeMutableBufferPointer<Float>
  ) {
    apply(functions.silu, x, y)
  }

  /// `x * sigmoid(x)`, to the bit.
  package static func silu(
    _ x: UnsafeBufferPointer<Double>, into y: UnsafeMutableBufferPointer<Double>
  ) {
    for i in x.indices { y[i] = x[i] * sigmoid(x[i]) }
  }

  /// The hyperbolic tangent.
  package static func tanh(
    _ x: UnsafeBufferPointer<Float>, into y: UnsafeMutableBufferPointer<Float>
  ) {
    apply(functions.tanh, x, y)
  }

  /// `e` to the power of `x`.
  package static func exp(
    _ x: UnsafeBufferPointer<Float>, into y: UnsafeMutableBufferPointer<Float>
  ) {
    apply(functions.exp, x, y)
  }

  /// `1 / (1 + exp(-x))`.
  package static func sigmoid(_ x: Double) -> Double {
    // Of exp(x) and exp(-x) the one that cannot overflow.
    let e = Glibc.exp(-x.magnitude)
    return (x < 0 ? e : 1) / (1 + e)
  }

  private static func apply(
    _ function: ActivationFunction, _ x: UnsafeBufferPointer<Float>,
    _ y: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(x.count == y.count)
    guard let input = x.baseAddress, let output = y.baseAddress else { return }
    function(input, output, x.count)
  }
}
