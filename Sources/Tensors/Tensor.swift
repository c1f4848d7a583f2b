import Glibc

/// An immutable, dense, row-major array of one element type.
public struct Tensor: Sendable {
  public let elementType: ElementType
  public let shape: Shape
  package let storage: TensorStorage
  package let byteOffset: Int

  /// A tensor over part of a storage that nobody writes to any more.
  package init(
    elementType: ElementType, shape: Shape, storage: TensorStorage, byteOffset: Int = 0
  ) {
    precondition(byteOffset >= 0 && byteOffset % elementType.byteCount == 0)
    precondition(
      shape.elementCount * elementType.byteCount <= storage.bytes.count - byteOffset)
    self.elementType = elementType
    self.shape = shape
    self.storage = storage
    self.byteOffset = byteOffset
  }

  /// A tensor whose elements `initialize` writes, all of them.
  public init<T: Element>(
    _ type: T.Type = T.self, shape: Shape,
    initializingWith initialize: (UnsafeMutableBufferPointer<T>) throws -> Void
  ) rethrows {
    let storage = TensorStorage(byteCount: shape.elementCount * MemoryLayout<T>.stride)
    try initialize(
      UnsafeMutableBufferPointer(
        start: storage.bytes.baseAddress!.assumingMemoryBound(to: T.self),
        count: shape.elementCount))
    self.init(elementType: T.elementType, shape: shape, storage: storage)
  }

  /// A tensor of `elements`, one-dimensional unless a shape is given.
  ///
  /// - Precondition: the shape holds as many elements as there are.
  public init<T: Element>(_ elements: [T], shape: Shape? = nil) {
    let shape = shape ?? [elements.count]
    precondition(shape.elementCount == elements.count, "\(elements.count) elements for \(shape)")
    self.init(T.self, shape: shape) { _ = $0.initialize(from: elements) }
  }

  /// A rank-0 tensor.
  public init<T: Element>(scalar: T) { self.init([scalar], shape: []) }

  /// A tensor of zeros (or `false`).
  public static func zeros(_ elementType: ElementType, shape: Shape) -> Tensor {
    let storage = TensorStorage(byteCount: shape.elementCount * elementType.byteCount)
    storage.bytes.initializeMemory(as: UInt8.self, repeating: 0)
    return Tensor(elementType: elementType, shape: shape, storage: storage)
  }

  /// The same elements under another shape.
  ///
  /// - Precondition: both shapes hold as many elements.
  public func reshaped(to shape: Shape) -> Tensor {
    precondition(shape.elementCount == self.shape.elementCount, "\(self.shape) as \(shape)")
    return Tensor(
      elementType: elementType, shape: shape, storage: storage, byteOffset: byteOffset)
  }

  /// The number of bytes the elements take.
  public var byteCount: Int { shape.elementCount * elementType.byteCount }

  /// Calls `body` with the elements in row-major order; with a copy for the time of the call, where
  /// they stand in a file at an odd place.
  ///
  /// - Precondition: `T` is the Swift type of the tensor's element type.
  public func withElements<T: Element, R>(
    of type: T.Type = T.self, _ body: (UnsafeBufferPointer<T>) throws -> R
  ) rethrows -> R {
    guard isAligned else { return try withCopiedElements(of: type, body) }
    defer { withExtendedLifetime(storage) {} }
    return try body(unsafeElements(of: type))
  }

  private var isAligned: Bool {
    Int(bitPattern: storage.bytes.baseAddress) % elementType.byteCount == 0
  }

  private func withCopiedElements<T: Element, R>(
    of type: T.Type, _ body: (UnsafeBufferPointer<T>) throws -> R
  ) rethrows -> R {
    precondition(T.elementType == elementType, "\(elementType) read as \(T.elementType)")
    let copy = MutableTensor(elementType: elementType, shape: shape)
    withUnsafeBytes { copy.unsafeBytes.copyMemory(from: $0) }
    return try copy.tensor.withElements(of: type, body)
  }

  /// The elements, copied out.
  ///
  /// - Precondition: `T` is the Swift type of the tensor's element type.
  public func elements<T: Element>(of type: T.Type = T.self) -> [T] {
    withElements(of: type) { Array($0) }
  }

  /// Calls `body` with the elements' bytes in row-major order, little-endian.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(
      UnsafeRawBufferPointer(
        rebasing: storage.bytes[byteOffset..<(byteOffset + byteCount)]))
  }

  /// The elements in place; valid while the tensor lives.
  package func unsafeElements<T: Element>(of type: T.Type) -> UnsafeBufferPointer<T> {
    precondition(T.elementType == elementType, "\(elementType) read as \(T.elementType)")
    return UnsafeBufferPointer(
      start: unsafeStart.assumingMemoryBound(to: T.self), count: shape.elementCount)
  }

  /// Where the elements stand, at a multiple of their size; valid while the tensor lives.
  package var unsafeStart: UnsafeRawPointer {
    UnsafeRawPointer(storage.aligned(to: elementType.byteCount) + byteOffset)
  }
}

extension Tensor: Equatable {
  /// Whether type, shape and every bit are equal.
  public static func == (left: Tensor, right: Tensor) -> Bool {
    guard left.elementType == right.elementType, left.shape == right.shape else { return false }
    return left.withUnsafeBytes { a in
      right.withUnsafeBytes { b in
        a.baseAddress == b.baseAddress || memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0
      }
    }
  }
}
