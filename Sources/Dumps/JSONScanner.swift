import FoundationEssentials
import Tensors

/// Reads JSON piece by piece, with the liberties that trtexec and Python take: bare NaN and
/// infinities, and commas where nothing follows.
///
/// The bytes have to outlive the scanner.
struct JSONScanner {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position: Int
  private var depth = 0

  /// How deep arrays and objects may be nested; the formats need seven.
  private static let depthLimit = 32

  init(_ bytes: CheckedBytes) {
    self.bytes = bytes.region
    position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// Bytes that are left.
  var remaining: Int { bytes.count - position }

  func error(_ message: String) -> TensorError { TensorError("\(message) at byte \(position)") }

  // MARK: Bytes

  /// The byte at the position, without white space being stepped over.
  private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }

  private mutating func skipSpace() {
    while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
  }

  /// The next byte that is no white space.
  mutating func peek() -> UInt8? {
    skipSpace()
    return byte
  }

  /// Steps over `symbol` when it comes next, after any white space.
  mutating func skip(_ symbol: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: symbol) else { return false }
    position += 1
    return true
  }

  mutating func expect(_ symbol: Unicode.Scalar) throws(TensorError) {
    guard skip(symbol) else { throw unexpected("'\(shown: symbol)'") }
  }

  func unexpected(_ expected: String) -> TensorError {
    guard position < bytes.count else {
      return TensorError("the file ends where \(expected) is expected: it was cut short")
    }
    let found = String(decoding: bytes[position...].prefix(20), as: UTF8.self)
    return error("\(found.debugDescription) where \(expected) is expected")
  }

  /// The bytes up to `symbol`, which has to come.
  mutating func bytes(upTo symbol: Unicode.Scalar) throws(TensorError) -> UnsafeRawBufferPointer {
    let start = position
    guard let end = bytes[start...].firstIndex(of: UInt8(ascii: symbol)) else {
      position = bytes.count
      throw unexpected(symbol == "\n" ? "the end of a line" : "'\(shown: symbol)'")
    }
    position = end
    return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
  }

  // MARK: Strings

  /// The bytes of a string between its quotes, escapes as they stand.
  mutating func rawString() throws(TensorError) -> UnsafeRawBufferPointer {
    try expect("\"")
    let start = position
    while let byte {
      if byte == UInt8(ascii: "\"") {
        defer { position += 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
      }
      position += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    position = bytes.count
    throw unexpected("'\"'")
  }

  mutating func string() throws(TensorError) -> String {
    let start = position
    let raw = try rawString()
    guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
    let quoted = Data("\"".utf8) + Data(raw) + Data("\"".utf8)
    guard let text = try? JSONDecoder().decode(String.self, from: quoted) else {
      position = start
      throw error("a string with an unknown escape")
    }
    return text
  }

  // MARK: Structure

  /// Calls `member` at the value of each key of an object, which it has to step over.
  mutating func object(
    _ member: (inout JSONScanner, String) throws(TensorError) -> Void
  ) throws(TensorError) {
    try nested("{", "}") { (scanner) throws(TensorError) in
      let key = try scanner.string()
      try scanner.expect(":")
      try member(&scanner, key)
    }
  }

  /// Calls `element` at each element of an array, which it has to step over.
  mutating func array(
    _ element: (inout JSONScanner) throws(TensorError) -> Void
  ) throws(TensorError) {
    try nested("[", "]", element)
  }

  private mutating func nested(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar,
    _ item: (inout JSONScanner) throws(TensorError) -> Void
  ) throws(TensorError) {
    try expect(open)
    guard depth < Self.depthLimit else {
      throw error("more than \(Self.depthLimit) arrays and objects within each other")
    }
    depth += 1
    while !skip(close) {
      try item(&self)
      if !skip(",") {
        try expect(close)
        break
      }
    }
    depth -= 1
  }

  /// Steps over a value of any kind.
  mutating func skipValue() throws(TensorError) {
    switch peek() {
    case UInt8(ascii: "{"):
      try object { (scanner, _) throws(TensorError) in try scanner.skipValue() }
    case UInt8(ascii: "["):
      try array { (scanner) throws(TensorError) in try scanner.skipValue() }
    case UInt8(ascii: "\""): _ = try rawString()
    default:
      let words = ["true", "false", "null"]
      guard let word = words.first(where: { bytes[position...].starts(with: $0.utf8) }) else {
        _ = try number()
        return
      }
      position += word.utf8.count
    }
  }

  /// Checks that nothing but white space is left.
  mutating func end() throws(TensorError) {
    if peek() != nil { throw unexpected("the end") }
  }
}

// MARK: - Numbers

extension JSONScanner {
  /// A number, or one of the words that C and Python write for what is not finite.
  mutating func number() throws(TensorError) -> Double {
    skipSpace()
    let start = position
    let isNegative = byte == UInt8(ascii: "-")
    if isNegative || byte == UInt8(ascii: "+") { position += 1 }
    var decimal = Decimal()
    while let digit {
      decimal.append(digit)
      position += 1
    }
    if byte == UInt8(ascii: ".") {
      position += 1
      while let digit {
        decimal.appendFraction(digit)
        position += 1
      }
    }
    guard decimal.hasDigits else {
      let magnitude = try notFinite(from: start)
      return isNegative ? -magnitude : magnitude
    }
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") { decimal.exponent += try exponent() }
    guard byte.map({ Self.isSpace($0) || ",]}".utf8.contains($0) }) ?? true else {
      position = start
      throw unexpected("a number")
    }
    if let magnitude = decimal.exactValue { return isNegative ? -magnitude : magnitude }
    guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      position = start
      throw unexpected("a number")
    }
    return value
  }

  private var digit: UInt64? {
    guard position < bytes.count else { return nil }
    let value = bytes[position] &- UInt8(ascii: "0")
    return value < 10 ? UInt64(value) : nil
  }

  private mutating func exponent() throws(TensorError) -> Int {
    position += 1
    let isNegative = byte == UInt8(ascii: "-")
    if isNegative || byte == UInt8(ascii: "+") { position += 1 }
    guard digit != nil else { throw unexpected("an exponent") }
    var value = 0
    while let digit {
      value = min(value * 10 + Int(digit), 1_000_000)
      position += 1
    }
    return isNegative ? -value : value
  }

  /// `nan`, `inf` and their like, whatever their case.
  private mutating func notFinite(from start: Int) throws(TensorError) -> Double {
    let letters = bytes[position...].prefix(9).prefix { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
    position += letters.count
    switch String(decoding: letters, as: UTF8.self).lowercased() {
    case "nan": return .nan
    case "inf", "infinity": return .infinity
    default:
      position = start
      throw unexpected("a number")
    }
  }

  /// Digits with a power of ten.
  private struct Decimal {
    private var mantissa: UInt64 = 0
    private(set) var hasDigits = false
    var exponent = 0

    private static let largestMantissa: UInt64 = 1 << 53
    /// Powers of ten that float64 holds exactly.
    private static let powers: [Double] = (0...22).map { power in
      (0..<power).reduce(1.0) { value, _ in value * 10 }
    }

    mutating func append(_ digit: UInt64) {
      hasDigits = true
      if mantissa < Self.largestMantissa { mantissa = mantissa * 10 + digit } else { exponent += 1 }
    }

    mutating func appendFraction(_ digit: UInt64) {
      hasDigits = true
      guard mantissa < Self.largestMantissa else { return }
      mantissa = mantissa * 10 + digit
      exponent -= 1
    }

    /// The nearest float64, where one multiplication or division of exact numbers gives it.
    var exactValue: Double? {
      guard mantissa <= Self.largestMantissa else { return nil }
      if mantissa == 0 { return 0 }
      guard
        let power = Self.powers.indices.contains(abs(exponent)) ? Self.powers[abs(exponent)] : nil
      else { return nil }
      return exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
    }
  }
}
