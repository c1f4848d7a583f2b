import Tensors

extension [String: Tensor] {
  /// A tensor that is not the same for every image of its batch.
  var firstThatVariesInBatch: String? {
    filter { !$0.value.isConstantInBatch }.keys.min()
  }
}

extension Tensor {
  fileprivate var isConstantInBatch: Bool {
    guard let count = shape.first, count > 1 else { return true }
    return withUnsafeBytes { bytes in
      let size = bytes.count / count
      let first = bytes[..<size]
      return (1..<count).allSatisfy { first.elementsEqual(bytes[$0 * size..<($0 + 1) * size]) }
    }
  }
}
