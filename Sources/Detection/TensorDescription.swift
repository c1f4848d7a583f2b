import Tensors

/// The element type and shape of a tensor.
package struct TensorDescription: Sendable, Equatable {
  package let elementType: ElementType
  package let shape: Shape

  package init(_ elementType: ElementType, _ shape: Shape) {
    self.elementType = elementType
    self.shape = shape
  }
}

/// What is known of a tensor, by its name, for the input a graph is to be run with.
package typealias TensorLookup = @Sendable (String) -> TensorDescription?

/// Why detections cannot be read off a graph's tensors: one line.
package struct DetectionError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

extension Tensor {
  /// The same numbers as float32, rounded to nearest; the tensor itself when it is float32.
  package func asFloat32() throws(DetectionError) -> Tensor {
    switch elementType {
    case .float32: return self
    case .float64: return converted(from: Double.self) { Float($0) }
    case .float16: return converted(from: Half.self) { $0.float }
    case .bfloat16: return converted(from: BFloat16.self) { $0.float }
    case .int32: return converted(from: Int32.self) { Float($0) }
    case .int64: return converted(from: Int64.self) { Float($0) }
    default:
      throw DetectionError("a tensor of boxes or scores is \(elementType), expected float32")
    }
  }

  private func converted<T: Element>(from type: T.Type, _ convert: (T) -> Float) -> Tensor {
    withElements(of: type) { source in
      Tensor(Float.self, shape: shape) { target in
        for index in source.indices { target[index] = convert(source[index]) }
      }
    }
  }
}

extension Tensor {
  /// Float32 or float64 elements as float32.
  var inFloat32: Tensor {
    guard elementType == .float64 else { return self }
    return withElements(of: Double.self) { values in
      Tensor(values.map { Float($0) }, shape: shape)
    }
  }

  /// Float32 elements as another floating-point type.
  package func converted(to type: ElementType) -> Tensor {
    withElements(of: Float.self) { source in
      switch type {
      case .float16: Tensor(source.map { Half($0) }, shape: shape)
      case .bfloat16: Tensor(source.map { BFloat16($0) }, shape: shape)
      case .float64: Tensor(source.map { Double($0) }, shape: shape)
      default: self
      }
    }
  }

  /// Float32 elements rounded to what another floating-point type holds, as float32.
  package func rounded(to type: ElementType) -> Tensor {
    withElements(of: Float.self) { source in
      switch type {
      case .float16: Tensor(source.map { Half($0).float }, shape: shape)
      case .bfloat16: Tensor(source.map { BFloat16($0).float }, shape: shape)
      default: self
      }
    }
  }
}
