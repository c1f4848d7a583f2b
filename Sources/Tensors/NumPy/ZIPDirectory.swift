/// The records of a ZIP archive's central directory, one after the other.
struct ZIPDirectory {
  struct Record {
    let flags: Int
    let method: Int
    let checksum: Int
    let packedCount: Int
    let unpackedCount: Int
    let headerOffset: Int
    let name: CheckedBytes
  }

  private let bytes: CheckedBytes
  private var position = 0
  private var remaining: Int

  private static let damaged = TensorError("the archive's directory is damaged")

  /// The directory that the record at the end of `file` points at.
  init(of file: CheckedBytes) throws(TensorError) {
    guard let end = ZIPDirectory.endRecord(of: file) else {
      throw TensorError("not an .npz file, or cut short: the end of a ZIP archive is missing")
    }
    let place: (count: Int?, size: Int?, offset: Int?)
    if file.starts(with: [0x50, 0x4B, 6, 7], at: end - 20) {
      guard let record = file.integer(UInt64.self, at: end - 12),
        let end64 = file.part(at: record, count: 56), end64.starts(with: [0x50, 0x4B, 6, 6])
      else { throw ZIPDirectory.damaged }
      place = (
        end64.integer(UInt64.self, at: 32), end64.integer(UInt64.self, at: 40),
        end64.integer(UInt64.self, at: 48)
      )
    } else {
      place = (
        file.integer(UInt16.self, at: end + 10), file.integer(UInt32.self, at: end + 12),
        file.integer(UInt32.self, at: end + 16)
      )
    }
    guard let count = place.count, let size = place.size, let offset = place.offset,
      let bytes = file.part(at: offset, count: size)
    else { throw ZIPDirectory.damaged }
    self.bytes = bytes
    remaining = count
  }

  /// The offset of the last record; only the archive's comment may follow it.
  private static func endRecord(of file: CheckedBytes) -> Int? {
    let last = file.count - 22
    guard last >= 0 else { return nil }
    return stride(from: last, through: max(last - 65_535, 0), by: -1).first { offset in
      file.starts(with: [0x50, 0x4B, 5, 6], at: offset)
        && file.integer(UInt16.self, at: offset + 20) == last - offset
    }
  }

  /// The next record; `nil` after the last.
  mutating func next() throws(TensorError) -> Record? {
    if remaining == 0 {
      guard position == bytes.count else { throw ZIPDirectory.damaged }
      return nil
    }
    guard let fixed = bytes.part(at: position, count: 46), fixed.starts(with: [0x50, 0x4B, 1, 2])
    else { throw ZIPDirectory.damaged }
    let lengths = [28, 30, 32].map { fixed.integer(UInt16.self, at: $0)! }
    guard let name = bytes.part(at: position + 46, count: lengths[0]),
      let extra = bytes.part(at: position + 46 + lengths[0], count: lengths[1])
    else { throw ZIPDirectory.damaged }
    position += 46 + lengths.reduce(0, +)
    remaining -= 1
    // Zip64 replaces those of the three numbers that are all ones, in this order.
    var wide = ZIPDirectory.zip64Numbers(in: extra)[...]
    let numbers = [24, 20, 42].map { offset in
      let number = fixed.integer(UInt32.self, at: offset)!
      return number == 0xFFFF_FFFF && !wide.isEmpty ? wide.removeFirst() : number
    }
    return Record(
      flags: fixed.integer(UInt16.self, at: 8)!, method: fixed.integer(UInt16.self, at: 10)!,
      checksum: fixed.integer(UInt32.self, at: 16)!, packedCount: numbers[1],
      unpackedCount: numbers[0], headerOffset: numbers[2], name: name)
  }

  /// The 64-bit numbers of the extra field with tag 1.
  private static func zip64Numbers(in extra: CheckedBytes) -> [Int] {
    var position = 0
    while let tag = extra.integer(UInt16.self, at: position),
      let size = extra.integer(UInt16.self, at: position + 2),
      let field = extra.part(at: position + 4, count: size)
    {
      if tag == 1 {
        return stride(from: 0, to: size, by: 8).compactMap { field.integer(UInt64.self, at: $0) }
      }
      position += 4 + size
    }
    return []
  }
}
