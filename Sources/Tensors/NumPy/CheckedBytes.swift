/// Bytes of a file, read with every offset checked: `nil` for what does not lie within them.
package struct CheckedBytes {
  package let region: UnsafeRawBufferPointer

  package init(region: UnsafeRawBufferPointer) { self.region = region }

  package var count: Int { region.count }

  package func part(at offset: Int, count: Int) -> CheckedBytes? {
    guard offset >= 0, count >= 0, count <= region.count, offset <= region.count - count else {
      return nil
    }
    return CheckedBytes(region: UnsafeRawBufferPointer(rebasing: region[offset..<(offset + count)]))
  }

  /// The little-endian integer at `offset`, when it fits in `Int`.
  package func integer<Word: FixedWidthInteger & UnsignedInteger>(_: Word.Type, at offset: Int)
    -> Int?
  {
    guard let word = part(at: offset, count: MemoryLayout<Word>.size) else { return nil }
    return Int(exactly: Word(littleEndian: word.region.loadUnaligned(as: Word.self)))
  }

  package func starts(with bytes: [UInt8], at offset: Int = 0) -> Bool {
    part(at: offset, count: bytes.count)?.region.elementsEqual(bytes) ?? false
  }

  package var text: String { String(decoding: region, as: UTF8.self) }
}
