/// Reads ZIP archives (PKWARE's APPNOTE 6.3) whose members are stored or deflated, with or without
/// zip64 fields and data descriptors.
///
/// Sizes and positions are those of the central directory, checked against the file before
/// anything is allocated.
struct ZIPReader {
  struct Member {
    let name: String
    fileprivate let isDeflated: Bool
    fileprivate let checksum: Int
    fileprivate let packed: CheckedBytes
    fileprivate let unpackedCount: Int
  }

  let members: [Member]

  /// The most bytes the deflated members of an archive may unpack to together.
  private static let unpackedLimit = 1 << 30
  /// Deflate's smallest code stands for 258 bytes in two bits.
  private static let deflateRatio = 1032

  init(_ file: CheckedBytes) throws(TensorError) {
    var directory = try ZIPDirectory(of: file)
    var members: [Member] = []
    var names: Set<String> = []
    var packedCount = 0
    var unpackedCount = 0
    while let record = try directory.next() {
      let member = try Member(record, in: file)
      guard names.insert(member.name).inserted else {
        throw TensorError("two members are named \(member.name.debugDescription)")
      }
      packedCount += member.packed.count
      if member.isDeflated { unpackedCount += min(member.unpackedCount, ZIPReader.unpackedLimit) }
      guard packedCount <= file.count else {
        throw TensorError("the archive's members overlap")
      }
      guard unpackedCount < ZIPReader.unpackedLimit else {
        throw TensorError(
          "unpacks to more than \(ZIPReader.unpackedLimit) bytes; write it uncompressed")
      }
      members.append(member)
    }
    self.members = members
  }

  /// Calls `body` with the contents of a member, once their checksum has been found right.
  func withContents<R>(
    of member: Member, _ body: (CheckedBytes) throws(TensorError) -> R
  ) throws(TensorError) -> R {
    let inflated = member.isDeflated ? try inflate(member.packed, count: member.unpackedCount) : []
    let result = inflated.withUnsafeBytes { bytes in
      Result { () throws(TensorError) in
        let contents = member.isDeflated ? CheckedBytes(region: bytes) : member.packed
        guard crc32(contents.region) == member.checksum else {
          throw TensorError("its checksum is wrong: the file is damaged")
        }
        return try body(contents)
      }
    }
    return try result.get()
  }
}

extension ZIPReader.Member {
  fileprivate init(_ record: ZIPDirectory.Record, in file: CheckedBytes) throws(TensorError) {
    name = record.name.text
    let text = "member \(name.debugDescription) "
    guard record.flags & 1 == 0 else { throw TensorError(text + "is encrypted") }
    guard record.method == 0 || record.method == 8 else {
      throw TensorError(text + "is packed by method \(record.method); expected stored or deflated")
    }
    isDeflated = record.method == 8
    checksum = record.checksum
    unpackedCount = record.unpackedCount
    let header = file.part(at: record.headerOffset, count: 30)
    guard let header, header.starts(with: [0x50, 0x4B, 3, 4]),
      let nameCount = header.integer(UInt16.self, at: 26),
      let extraCount = header.integer(UInt16.self, at: 28),
      let localName = file.part(at: record.headerOffset + 30, count: nameCount),
      localName.region.elementsEqual(record.name.region),
      let packed = file.part(
        at: record.headerOffset + 30 + nameCount + extraCount, count: record.packedCount)
    else { throw TensorError(text + "is not where the archive's directory says") }
    self.packed = packed
    let isPlausible =
      isDeflated
      ? unpackedCount / ZIPReader.deflateRatio <= packed.count : unpackedCount == packed.count
    guard isPlausible else {
      throw TensorError(text + "cannot be \(unpackedCount) bytes, packed in \(packed.count)")
    }
  }
}
