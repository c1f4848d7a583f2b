import FoundationEssentials

/// Makes what stands around the members of a ZIP archive that are stored as they are: the same bytes
/// whenever it is made.
struct ZIPWriter {
  /// Size and checksum of a member, taken in part by part.
  struct Contents {
    fileprivate var count = 0
    fileprivate var checksum = 0

    mutating func add(_ part: UnsafeRawBufferPointer) {
      count += part.count
      checksum = crc32(part, after: checksum)
    }
  }

  private var position = 0
  private var directory = Data()
  private var names: Set<String> = []

  private static let version: UInt16 = 20
  private static let firstOfJanuary1980: UInt16 = 0x0021
  private static let isUTF8: UInt16 = 0x0800

  /// What stands before the next member.
  mutating func header(of name: String, _ contents: Contents) throws(TensorError) -> Data {
    guard names.insert(name).inserted else {
      throw TensorError("two members are named \(name.debugDescription)")
    }
    guard name.utf8.count <= Int(UInt16.max), !name.utf8.contains(0) else {
      throw TensorError(
        "\(String(name.prefix(40)).debugDescription) is too long, or holds a zero byte, for an archive"
      )
    }
    guard position + contents.count < Int(UInt32.max), names.count < Int(UInt16.max) else {
      throw TensorError("more than 4 GiB or 65,534 tensors do not fit in an archive")
    }
    let header = header(name: name, contents: contents)
    directory.append(littleEndian: 0x0201_4B50 as UInt32)
    directory.append(littleEndian: ZIPWriter.version | 3 << 8)  // made on Unix
    directory.append(header)
    directory.append(littleEndian: 0 as UInt16)  // no comment
    directory.append(littleEndian: 0 as UInt32)  // first disk, binary data
    directory.append(littleEndian: 0o644 << 16 as UInt32)
    directory.append(littleEndian: UInt32(position))
    directory.append(contentsOf: name.utf8)
    var own = Data()
    own.append(littleEndian: 0x0403_4B50 as UInt32)
    own.append(header)
    own.append(contentsOf: name.utf8)
    position += own.count + contents.count
    return own
  }

  /// The part that a member's own header and its directory record share.
  private func header(name: String, contents: Contents) -> Data {
    let isASCII = name.utf8.allSatisfy { $0 < 0x80 }
    var header = Data()
    header.append(littleEndian: ZIPWriter.version)
    header.append(littleEndian: isASCII ? 0 : ZIPWriter.isUTF8)
    header.append(littleEndian: 0 as UInt16)  // stored
    header.append(littleEndian: 0 as UInt16)  // midnight
    header.append(littleEndian: ZIPWriter.firstOfJanuary1980)
    header.append(littleEndian: UInt32(contents.checksum))
    header.append(littleEndian: UInt32(contents.count))
    header.append(littleEndian: UInt32(contents.count))
    header.append(littleEndian: UInt16(name.utf8.count))
    header.append(littleEndian: 0 as UInt16)  // no extra field
    return header
  }

  /// What stands after the last member.
  func directoryAndEnd() throws(TensorError) -> Data {
    guard position + directory.count < Int(UInt32.max) else {
      throw TensorError("more than 4 GiB do not fit in an archive")
    }
    var end = Data()
    end.append(littleEndian: 0x0605_4B50 as UInt32)
    end.append(littleEndian: 0 as UInt32)  // first disk
    end.append(littleEndian: UInt16(names.count))
    end.append(littleEndian: UInt16(names.count))
    end.append(littleEndian: UInt32(directory.count))
    end.append(littleEndian: UInt32(position))
    end.append(littleEndian: 0 as UInt16)  // no comment
    return directory + end
  }
}

extension Data {
  fileprivate mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
