import ONNXFormat
import Tensors

/// What a graph declares of one of its tensors.
public struct ValueInfo: Sendable, Equatable {
  public var name: String
  /// `nil` when the file does not say.
  public var elementType: ElementType?
  /// `nil` when not even the rank is declared.
  public var dimensions: [Dimension]?
  package var remainder = Remainder(Onnx_ValueInfoProto())

  public init(
    name: String, elementType: ElementType? = nil, dimensions: [Dimension]? = nil
  ) {
    self.name = name
    self.elementType = elementType
    self.dimensions = dimensions
  }

  /// The declaration of a tensor that is there.
  public init(name: String, _ tensor: Tensor) {
    self.init(
      name: name, elementType: tensor.elementType, dimensions: tensor.shape.map(Dimension.fixed))
  }
}

/// One declared dimension. Names are hints: equal names need not be equal sizes.
public enum Dimension: Sendable, Hashable {
  case fixed(Int)
  case named(String)
  case unknown
}
