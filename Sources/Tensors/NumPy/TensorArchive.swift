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
    var archive = ZIPWriter()
    for entry in entries {
      try archive.append(name: entry.name + ".npy", contents: entry.tensor.npyData())
    }
    return try archive.finished()
  }

  /// Writes an `.npz` file that `numpy.load` reads, replacing what is there in one step.
  public func write(toFile path: String) throws(TensorError) {
    do {
      try npzData().replaceFile(at: path)
    } catch {
      throw TensorError("\(path): \(error)")
    }
  }
}
