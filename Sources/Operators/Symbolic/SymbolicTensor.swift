import Tensors

/// What is known of a tensor whatever the open dimensions are.
package struct SymbolicTensor: Hashable {
  package var elementType: ElementType
  package var shape: [Size]
  /// The elements of a small tensor of whole numbers or truth values, in order.
  package var values: [Size]?

  package init(_ elementType: ElementType, _ shape: [Size], values: [Size]? = nil) {
    self.elementType = elementType
    self.shape = shape
    self.values = values
  }

  package init(_ tensor: Tensor) {
    self.init(tensor.elementType, tensor.shape.map { Size($0) }, values: tensor.wholeNumbers)
  }

  /// What can be true of a tensor: `nil` where a dimension is negative or there are too many; its
  /// elements only where they are as many as the shape says, and few.
  package var checked: SymbolicTensor? {
    guard shape.count <= Shape.largestRank, !shape.contains(where: { $0.fixed ?? 0 < 0 }) else {
      return nil
    }
    guard let values else { return self }
    var tensor = self
    let count = shape.fixed.flatMap { try? Shape(validating: $0) }?.elementCount
    if count != values.count || values.count > Tensor.followedCount { tensor.values = nil }
    return tensor
  }

  /// The tensor, when all of its elements are known and depend on nothing.
  package var constant: Tensor? {
    guard let values = values?.fixed, let dimensions = shape.fixed,
      let shape = try? Shape(validating: dimensions), shape.elementCount == values.count
    else { return nil }
    switch elementType {
    case .int64: return Tensor(values.map { Int64($0) }, shape: shape)
    case .int32:
      let narrow = values.compactMap { Int32(exactly: $0) }
      return narrow.count == values.count ? Tensor(narrow, shape: shape) : nil
    case .bool: return Tensor(values.map { $0 != 0 }, shape: shape)
    case .float32:
      let floats = values.compactMap { Float(exactly: $0) }
      return floats.count == values.count ? Tensor(floats, shape: shape) : nil
    default: return nil
    }
  }
}

extension Tensor {
  /// Largest number of elements whose values are followed.
  static let followedCount = 64

  /// The elements of a small tensor, where all are whole numbers.
  fileprivate var wholeNumbers: [Size]? {
    guard shape.elementCount <= Tensor.followedCount else { return nil }
    switch elementType {
    case .int64: return elements(of: Int64.self).map { Size(Int($0)) }
    case .int32: return elements(of: Int32.self).map { Size(Int($0)) }
    case .bool: return elements(of: Bool.self).map { Size($0 ? 1 : 0) }
    case .float32:
      // -0 is no whole number: it is not 0 to every operator.
      let values = elements(of: Float.self)
      let whole = values.compactMap { value in
        value.sign == .minus && value == 0 ? nil : Int(exactly: value)
      }
      return whole.count == values.count ? whole.map { Size($0) } : nil
    default: return nil
    }
  }
}
