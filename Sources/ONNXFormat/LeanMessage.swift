/// The message of an ONNX file without the large `raw_data` of its graph's initializers: most of the
/// file, which parsing would copy.
///
/// Wire format: protobuf.dev/programming-guides/encoding; field numbers: onnx-ml.proto.
struct LeanMessage {
  /// The rest of the message, to be parsed.
  private(set) var bytes: [UInt8] = []
  /// For each initializer, in order, where its data stands in the file; `nil` for data that is part
  /// of the rest.
  private(set) var initializerData: [Range<Int>?] = []

  /// From this size on, data is left out.
  static let leastByteCount = 1 << 14

  private enum Field {
    /// Fields of `ModelProto`.
    static let known: ClosedRange<UInt64> = 1...26
    static let graph: UInt64 = 7
    static let initializer: UInt64 = 5
    static let rawData: UInt64 = 9
  }

  /// The most bytes that the rest may take: what a parser makes of it takes several times as much.
  private static let largestByteCount = 256 << 20
  /// The most bytes of fields that the format does not define.
  private static let largestUnknownByteCount = 16 << 20

  /// Why a message cannot be read.
  enum Refusal: Error {
    case malformed
    case tooLarge(String)
  }

  /// - Throws: for what is no sound message, or one that is too large to be parsed.
  init(_ file: UnsafeRawBufferPointer) throws(Refusal) {
    do {
      var fields = WireFields(file, in: 0..<file.count)
      var copying = CopiedRange()
      var unknownByteCount = 0
      while let field = try fields.next() {
        guard field.number == Field.graph, let content = field.content else {
          if !Field.known.contains(field.number) { unknownByteCount += field.range.count }
          guard unknownByteCount <= Self.largestUnknownByteCount else {
            throw Refusal.tooLarge(
              "more than \(Self.largestUnknownByteCount >> 20) MB of fields that ONNX does not define"
            )
          }
          if let before = copying.extended(by: field.range) { bytes += file[before] }
          continue
        }
        if let before = copying.end() { bytes += file[before] }
        let graph = try leanGraph(file, content)
        append(field, content: graph)
      }
      if let rest = copying.end() { bytes += file[rest] }
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw .malformed
    }
    guard bytes.count <= Self.largestByteCount else {
      throw .tooLarge(
        "\(bytes.count >> 20) MB beside the tensors' data, expected at most "
          + "\(Self.largestByteCount >> 20) MB")
    }
  }

  private mutating func leanGraph(
    _ file: UnsafeRawBufferPointer, _ range: Range<Int>
  ) throws(WireFields.Malformed) -> [UInt8] {
    var graph = LeanMessage()
    var fields = WireFields(file, in: range)
    var copying = CopiedRange()
    while let field = try fields.next() {
      guard field.number == Field.initializer, let content = field.content else {
        if let before = copying.extended(by: field.range) { graph.bytes += file[before] }
        continue
      }
      guard let data = try Self.largeData(file, content) else {
        if let before = copying.extended(by: field.range) { graph.bytes += file[before] }
        initializerData.append(nil)
        continue
      }
      if let before = copying.end() { graph.bytes += file[before] }
      graph.append(
        field,
        content: Array(file[content.lowerBound..<data.range.lowerBound])
          + file[data.range.upperBound..<content.upperBound])
      initializerData.append(data.content)
    }
    if let rest = copying.end() { graph.bytes += file[rest] }
    return graph.bytes
  }

  private init() {}

  /// The one `raw_data` of a tensor, if it is large.
  private static func largeData(
    _ file: UnsafeRawBufferPointer, _ tensor: Range<Int>
  ) throws(WireFields.Malformed) -> WireField? {
    var found: [WireField] = []
    var fields = WireFields(file, in: tensor)
    while let field = try fields.next() {
      if field.number == Field.rawData { found.append(field) }
    }
    guard found.count == 1, let content = found[0].content, content.count >= leastByteCount else {
      return nil
    }
    return found[0]
  }

  /// Appends a field with another content.
  private mutating func append(_ field: WireField, content: [UInt8]) {
    append(varint: field.number << 3 | WireField.lengthDelimited)
    append(varint: UInt64(content.count))
    bytes += content
  }

  private mutating func append(varint: UInt64) {
    var rest = varint
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// Neighbouring fields, to be copied at once.
private struct CopiedRange {
  private var range: Range<Int>?

  /// Adds a field; the range before it, where the field does not follow on it.
  mutating func extended(by field: Range<Int>) -> Range<Int>? {
    if let before = range, before.upperBound == field.lowerBound {
      range = before.lowerBound..<field.upperBound
      return nil
    }
    defer { range = field }
    return range
  }

  mutating func end() -> Range<Int>? {
    defer { range = nil }
    return range
  }
}

/// A field of a protobuf message.
private struct WireField {
  static let lengthDelimited: UInt64 = 2

  let number: UInt64
  /// Where it stands, its tag included.
  let range: Range<Int>
  /// Where the content of a field with a length stands.
  let content: Range<Int>?
}

/// The fields of a protobuf message, one after the other.
private struct WireFields {
  struct Malformed: Error {}

  private let bytes: UnsafeRawBufferPointer
  private var position: Int
  private let end: Int

  init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  /// - Throws: for what does not follow the format, or holds a group.
  mutating func next() throws(Malformed) -> WireField? {
    guard position < end else { return nil }
    let start = position
    let tag = try varint()
    guard (1..<1 << 29).contains(tag >> 3) else { throw Malformed() }
    var content: Range<Int>?
    switch tag & 7 {
    case 0: _ = try varint()
    case 1: try skip(8)
    case WireField.lengthDelimited:
      let count = try varint()
      let first = position
      try skip(count)
      content = first..<position
    case 5: try skip(4)
    default: throw Malformed()
    }
    return WireField(number: tag >> 3, range: start..<position, content: content)
  }

  private mutating func skip(_ count: UInt64) throws(Malformed) {
    guard count <= UInt64(end - position) else { throw Malformed() }
    position += Int(count)
  }

  private mutating func varint() throws(Malformed) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard position < end else { throw Malformed() }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw Malformed()
  }
}
