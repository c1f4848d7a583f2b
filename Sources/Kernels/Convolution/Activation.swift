/// A function applied to each element of a convolution's result while it is in cache.
///
/// Each gives the bits of the operators it stands for, run one after another.
package enum Activation: Sendable, Equatable {
  case relu
  case leakyRelu(slope: Float)
  case sigmoid
  /// x * sigmoid(x).
  case silu
}

extension Activation {
  /// Applies the function in place.
  package func apply<T: BLASElement>(to elements: UnsafeMutableBufferPointer<T>) {
    switch self {
    case .relu: for index in elements.indices where elements[index] < 0 { elements[index] = 0 }
    case .leakyRelu(let slope):
      let slope = T(slope)
      for index in elements.indices where elements[index] < 0 { elements[index] *= slope }
    case .sigmoid: T.applySigmoid(to: elements)
    case .silu: T.applySiLU(to: elements)
    }
  }
}
