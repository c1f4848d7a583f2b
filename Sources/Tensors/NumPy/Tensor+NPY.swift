import FoundationEssentials

extension Tensor {
  /// Reads a NumPy `.npy` file of versions 1.0 to 3.0: any byte order and axis order, elements f2
  /// f4 f8 i1 to i8 u1 to u8 b1.
  ///
  /// - Throws: ``TensorError``, naming the file, when it cannot be read, is no such file, or holds
  ///   more or fewer bytes than its header says.
  public init(npyFile path: String) throws(TensorError) {
    do {
      let file = try MappedFile(path: path)
      self = try withExtendedLifetime(file) { () throws(TensorError) in
        try Tensor(npy: CheckedBytes(region: file.bytes))
      }
    } catch {
      throw TensorError("\(path): \(error)")
    }
  }

  /// Reads the bytes of an `.npy` file, as ``init(npyFile:)`` does.
  public init(npyData data: Data) throws(TensorError) {
    let result = data.withUnsafeBytes { bytes in
      Result { () throws(TensorError) in try Tensor(npy: CheckedBytes(region: bytes)) }
    }
    self = try result.get()
  }

  /// The tensor as the bytes `numpy.save` writes: version 1.0, little-endian, C order.
  ///
  /// NumPy has no bfloat16: such a tensor is written as float32, which holds the same values.
  public func npyData() -> Data {
    var data = Data()
    withNPYParts { data.append(contentsOf: $0) }
    return data
  }

  /// Calls `body` with the bytes of ``npyData()`` in parts that are not copied for it.
  func withNPYParts<Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    if elementType == .bfloat16 {
      return try Tensor(elements(of: BFloat16.self).map(\.float), shape: shape).withNPYParts(body)
    }
    let header = NPYHeader(elementType: elementType, shape: shape).bytes
    for result in [
      header.withUnsafeBytes { bytes in Result { () throws(Failure) in try body(bytes) } },
      withUnsafeBytes { bytes in Result { () throws(Failure) in try body(bytes) } },
    ] { try result.get() }
  }

  /// Writes the tensor as an `.npy` file, replacing what is there in one step.
  public func writeNPY(toFile path: String) throws(TensorError) {
    do {
      try FileWriter.write(toFile: path) { (writer) throws(TensorError) in
        try withNPYParts { (part) throws(TensorError) in try writer.append(part) }
      }
    } catch {
      throw TensorError("\(path): \(error)")
    }
  }
}

extension Tensor {
  init(npy bytes: CheckedBytes) throws(TensorError) {
    let (header, dataOffset) = try NPYHeader.read(bytes)
    let expected = header.shape.elementCount * header.elementType.byteCount
    guard bytes.count - dataOffset == expected,
      let data = bytes.part(at: dataOffset, count: expected)
    else {
      throw TensorError(
        "\(bytes.count - dataOffset) bytes of data; expected \(expected) for \(header.shape)"
          + " \(header.elementType)")
    }
    let storage = TensorStorage(byteCount: expected)
    let target = UnsafeMutableRawBufferPointer(rebasing: storage.bytes[..<expected])
    switch header.elementType.byteCount {
    case 1: header.arrange(data.region, as: UInt8.self, into: target)
    case 2: header.arrange(data.region, as: UInt16.self, into: target)
    case 4: header.arrange(data.region, as: UInt32.self, into: target)
    default: header.arrange(data.region, as: UInt64.self, into: target)
    }
    if header.elementType == .bool {
      for index in target.indices where target[index] > 1 { target[index] = 1 }
    }
    self.init(elementType: header.elementType, shape: header.shape, storage: storage)
  }
}

extension NPYHeader {
  /// Copies elements of a file to a tensor: little-endian and in row-major order.
  fileprivate func arrange<Word: FixedWidthInteger>(
    _ source: UnsafeRawBufferPointer, as type: Word.Type, into target: UnsafeMutableRawBufferPointer
  ) {
    if !isBigEndian && (!isFortranOrder || shape.rank < 2) {
      target.copyMemory(from: source)
      return
    }
    let size = MemoryLayout<Word>.size
    var place = FortranWalk(shape)
    for index in 0..<shape.elementCount {
      let word = source.loadUnaligned(fromByteOffset: index * size, as: Word.self)
      let offset = (isFortranOrder ? place.next() : index) * size
      target.storeBytes(
        of: isBigEndian ? word.byteSwapped : word, toByteOffset: offset, as: Word.self)
    }
  }
}

/// The row-major positions of elements that come with the first axis running fastest.
private struct FortranWalk {
  private let shape: Shape
  private let strides: [Int]
  private var coordinates: [Int]
  private var position = 0

  init(_ shape: Shape) {
    self.shape = shape
    strides = shape.strides
    coordinates = [Int](repeating: 0, count: shape.rank)
  }

  mutating func next() -> Int {
    defer { advance() }
    return position
  }

  private mutating func advance() {
    for axis in coordinates.indices {
      coordinates[axis] += 1
      position += strides[axis]
      if coordinates[axis] < shape[axis] { return }
      coordinates[axis] = 0
      position -= strides[axis] * shape[axis]
    }
  }
}
