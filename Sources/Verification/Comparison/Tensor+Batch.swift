import Tensors

extension [String: Tensor] {
  /// A tensor that is not the same for every image of its batch.
  ///
  /// - Parameter count: the images of the batch; a tensor of another number holds no image each.
  func firstThatVaries(inBatchOf count: Int) -> String? {
    filter { $0.value.shape.first == count && !$0.value.isConstantInBatch }.keys.min()
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
