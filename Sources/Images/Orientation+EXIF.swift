extension Orientation {
  /// The orientation in the first EXIF segment of a JPEG file that has one.
  init?(jpeg bytes: [UInt8]) {
    var position = 2
    while position + 4 <= bytes.count, bytes[position] == 0xFF {
      switch bytes[position + 1] {
      case 0xFF:
        position += 1
      case 0x01, 0xD0...0xD8:
        position += 2
      case 0xD9, 0xDA:
        return nil
      case let marker:
        let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
        let end = position + 2 + max(length, 2)
        let body = bytes[(position + 4)..<max(position + 4, min(end, bytes.count))]
        if marker == 0xE1, body.starts(with: Array("Exif\0\0".utf8)),
          let orientation = Orientation(tiff: body.dropFirst(6))
        {
          self = orientation
          return
        }
        position = end
      }
    }
    return nil
  }

  /// The orientation in the first `eXIf` chunk of a PNG file that has one.
  init?(png bytes: [UInt8]) {
    var position = 8
    while position + 12 <= bytes.count {
      let chunk = TIFF(bytes: bytes[position...], isBigEndian: true)
      guard let length = chunk.integer(bytes: 4, at: 0),
        length <= bytes.count - position - 12
      else { return nil }
      let body = bytes[(position + 8)..<(position + 8 + length)]
      if bytes[(position + 4)..<(position + 8)].elementsEqual("eXIf".utf8),
        let orientation = Orientation(tiff: body)
      {
        self = orientation
        return
      }
      position += 12 + length
    }
    return nil
  }

  /// The orientation in the first directory of a TIFF structure (EXIF 2.3, tag 0x0112).
  private init?(tiff bytes: ArraySlice<UInt8>) {
    let isBigEndian = bytes.starts(with: Array("MM".utf8))
    let tiff = TIFF(bytes: bytes, isBigEndian: isBigEndian)
    guard isBigEndian || bytes.starts(with: Array("II".utf8)),
      tiff.integer(bytes: 2, at: 2) == 42,
      let directory = tiff.integer(bytes: 4, at: 4),
      let entryCount = tiff.integer(bytes: 2, at: directory)
    else { return nil }
    for entry in 0..<entryCount {
      let offset = directory + 2 + entry * 12
      guard let tag = tiff.integer(bytes: 2, at: offset) else { return nil }
      guard tag == 0x0112 else { continue }
      guard let value = tiff.integer(bytes: 2, at: offset + 8) else { return nil }
      self.init(rawValue: value)
      return
    }
    return nil
  }
}

/// Integers at offsets of a slice; `nil` where they would not lie within it.
private struct TIFF {
  let bytes: ArraySlice<UInt8>
  let isBigEndian: Bool

  func integer(bytes width: Int, at offset: Int) -> Int? {
    guard offset <= bytes.count - width else { return nil }
    let field = bytes[(bytes.startIndex + offset)..<(bytes.startIndex + offset + width)]
    let mostSignificantFirst = isBigEndian ? Array(field) : field.reversed()
    return mostSignificantFirst.reduce(0) { $0 << 8 | Int($1) }
  }
}
