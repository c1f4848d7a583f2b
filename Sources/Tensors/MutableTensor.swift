/// A dense row-major array that is being written; a ``Tensor`` once it is finished.
package struct MutableTensor: Sendable {
  package let elementType: ElementType
  package let shape: Shape
  private let storage: TensorStorage
  private let byteOffset: Int

  /// Uninitialised memory of its own.
  package init(elementType: ElementType, shape: Shape) {
    self.init(
      elementType: elementType, shape: shape,
      storage: TensorStorage(byteCount: shape.elementCount * elementType.byteCount), byteOffset: 0)
  }

  /// Part of a storage that belongs to the writer for now.
  package init(elementType: ElementType, shape: Shape, storage: TensorStorage, byteOffset: Int) {
    precondition(byteOffset >= 0 && byteOffset % elementType.byteCount == 0)
    precondition(shape.elementCount * elementType.byteCount <= storage.bytes.count - byteOffset)
    self.elementType = elementType
    self.shape = shape
    self.storage = storage
    self.byteOffset = byteOffset
  }

  /// The elements in place; valid while the storage lives.
  package func unsafeElements<T: Element>(of type: T.Type) -> UnsafeMutableBufferPointer<T> {
    precondition(T.elementType == elementType, "\(elementType) written as \(T.elementType)")
    return UnsafeMutableBufferPointer(
      start: (storage.bytes.baseAddress! + byteOffset).assumingMemoryBound(to: T.self),
      count: shape.elementCount)
  }

  /// The elements' bytes in place; valid while the storage lives.
  package var unsafeBytes: UnsafeMutableRawBufferPointer {
    let count = shape.elementCount * elementType.byteCount
    return UnsafeMutableRawBufferPointer(rebasing: storage.bytes[byteOffset..<byteOffset + count])
  }

  /// The finished tensor, over the same memory.
  package var tensor: Tensor {
    Tensor(elementType: elementType, shape: shape, storage: storage, byteOffset: byteOffset)
  }
}
