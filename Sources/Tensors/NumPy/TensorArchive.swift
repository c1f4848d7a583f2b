import FoundationEssentials

/// Named tensors in order, as NumPy's `.npz` files hold them.
public struct TensorArchive: Sendable, Equatable {
  public struct Entry: Sendable, Equatable {
    public var name: String
    public var tensor: Tensor

    public init(name: String, tensor: Tensor) {
      self.name = name
      self.tensor = tensor
    }
  }

  public var entries: [Entry]

  public init(_ entries: [Entry] = []) { self.entries = entries }

  /// The tensor with the given name.
  public subscript(name: String) -> Tensor? { entries.first { $0.name == name }?.tensor }
}

extension TensorArchive {
  /// Reads an `.npz` file, stored or deflated, as `numpy.savez` and `numpy.savez_compressed` write
  /// it.
  ///
  /// - Throws: ``TensorError``, naming the file, and the member where there is one, for what is not
  ///   such a file, is damaged, or holds arrays ``Tensor/init(npyFile:)`` does not read.
  public init(contentsOfFile path: String) throws(TensorError) {
    do {
      let file = try MappedFile(path: path)
      entries = try withExtendedLifetime(file) { () throws(TensorError) in
        try TensorArchive.entries(of: CheckedBytes(region: file.bytes))
      }
    } catch {
      throw TensorError("\(path): \(error)")
    }
  }

  /// Reads the bytes of an `.npz` file, as ``init(contentsOfFile:)`` does.
  public init(npzData data: Data) throws(TensorError) {
    let result = data.withUnsafeBytes { bytes in
      Result { () throws(TensorError) in
        try TensorArchive.entries(of: CheckedBytes(region: bytes))
      }
    }
    entries = try result.get()
  }

  private static func entries(of file: CheckedBytes) throws(TensorError) -> [Entry] {
    let archive = try ZIPReader(file)
    var entries: [Entry] = []
    for member in archive.members {
      guard member.name.hasSuffix(".npy") else {
        throw TensorError("member \(member.name.debugDescription) is not an .npy file")
      }
      do {
        let tensor = try archive.withContents(of: member) { (npy) throws(TensorError) in
          try Tensor(npy: npy)
        }
        entries.append(Entry(name: String(member.name.dropLast(4)), tensor: tensor))
      } catch {
        throw TensorError("member \(member.name.debugDescription): \(error)")
      }
    }
    return entries
  }

  /// The bytes of an `.npz` file; equal archives give equal bytes.
  ///
  /// - Throws: ``TensorError`` when two entries have one name or the file would exceed 4 GiB.
  public func npzData() throws(TensorError) -> Data {
    var data = Data()
    try write { data.append(contentsOf: $0) }
    return data
  }

  /// Calls `body` with the bytes of the file, part by part.
  private func write(
    _ body: (UnsafeRawBufferPointer) throws(TensorError) -> Void
  ) throws(TensorError) {
    var archive = ZIPWriter()
    for entry in entries {
      let tensor =
        entry.tensor.elementType == .bfloat16
        ? Tensor(entry.tensor.elements(of: BFloat16.self).map(\.float), shape: entry.tensor.shape)
        : entry.tensor
      var contents = ZIPWriter.Contents()
      tensor.withNPYParts { contents.add($0) }
      let header = try archive.header(of: entry.name + ".npy", contents)
      let result = header.withUnsafeBytes { bytes in
        Result { () throws(TensorError) in try body(bytes) }
      }
      try result.get()
      try tensor.withNPYParts(body)
    }
    let end = try archive.directoryAndEnd()
    let result = end.withUnsafeBytes { bytes in Result { () throws(TensorError) in try body(bytes) }
    }
    try result.get()
  }

  /// Writes an `.npz` file that `numpy.load` reads, replacing what is there in one step.
  public func write(toFile path: String) throws(TensorError) {
    do {
      try FileWriter.write(toFile: path) { (writer) throws(TensorError) in
        try write { (part) throws(TensorError) in try writer.append(part) }
      }
    } catch {
      throw TensorError("\(path): \(error)")
    }
  }
}
