import Tensors

/// The names a model's metadata gives its classes, as Python text: a list such as
/// `['person', "cat"]` or a dict such as `{0: 'person', 1: 'cat'}`.
public struct ClassNames: Sendable, Equatable {
  private static let longestText = 4 << 20

  private let names: [Int: String]
  /// How many classes there are, when they are numbered from 0 without a gap.
  public let count: Int?

  /// - Parameter names: as a file has them; they are kept as they are shown.
  package init(_ names: [Int: String]) {
    self.names = names.mapValues(\.shown)
    count = (0..<names.count).allSatisfy { names[$0] != nil } ? names.count : nil
  }

  /// - Returns: `nil` when the text is neither a list of strings nor a dict from numbers to strings.
  public init?(_ text: String) {
    guard text.utf8.count <= Self.longestText else { return nil }
    var parser = PythonLiteralParser(text)
    guard let names = parser.names() else { return nil }
    self.init(names)
  }

  /// The names in metadata under `names`.
  public init?(metadata: [String: String]) {
    guard let text = metadata["names"] else { return nil }
    self.init(text)
  }

  public subscript(classIndex: Int) -> String? { names[classIndex] }
}

/// Reads the two kinds of Python literal that class names come in.
private struct PythonLiteralParser {
  private let text: [Unicode.Scalar]
  private var position = 0

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  mutating func names() -> [Int: String]? {
    skipSpace()
    let names: [Int: String]?
    if take("[") {
      names = items(until: "]")
    } else if take("(") {
      names = items(until: ")")
    } else if take("{") {
      names = entries()
    } else {
      return nil
    }
    skipSpace()
    return position == text.count ? names : nil
  }

  private mutating func items(until close: Unicode.Scalar) -> [Int: String]? {
    var names: [Int: String] = [:]
    while true {
      skipSpace()
      if take(close) { return names }
      guard let name = string() else { return nil }
      names[names.count] = name
      skipSpace()
      if !take(",") { return take(close) ? names : nil }
    }
  }

  private mutating func entries() -> [Int: String]? {
    var names: [Int: String] = [:]
    while true {
      skipSpace()
      if take("}") { return names }
      guard let key = number() ?? string().flatMap({ Int($0) }) else { return nil }
      skipSpace()
      guard take(":") else { return nil }
      skipSpace()
      guard let name = string(), names.updateValue(name, forKey: key) == nil else { return nil }
      skipSpace()
      if !take(",") { return take("}") ? names : nil }
    }
  }

  private mutating func number() -> Int? {
    let start = position
    while let scalar = peek, ("0"..."9").contains(scalar) || scalar == "-" { position += 1 }
    return Int(String(String.UnicodeScalarView(text[start..<position])))
  }

  private mutating func string() -> String? {
    if peek == "u" || peek == "U" { position += 1 }
    let quote: Unicode.Scalar
    if take("'") {
      quote = "'"
    } else if take("\"") {
      quote = "\""
    } else {
      return nil
    }
    var scalars = String.UnicodeScalarView()
    while let scalar = next() {
      if scalar == quote { return String(scalars) }
      guard scalar == "\\" else {
        scalars.append(scalar)
        continue
      }
      guard let escaped = next() else { return nil }
      guard let meant = escape(escaped) else { return nil }
      scalars.append(contentsOf: meant)
    }
    return nil
  }

  /// What a backslash and this character stand for; what Python does not know stays as it is.
  private mutating func escape(_ scalar: Unicode.Scalar) -> [Unicode.Scalar]? {
    switch scalar {
    case "\\", "'", "\"": [scalar]
    case "n": ["\n"]
    case "t": ["\t"]
    case "r": ["\r"]
    case "\n": []
    case "x": hexadecimal(digits: 2).map { [$0] }
    case "u": hexadecimal(digits: 4).map { [$0] }
    case "U": hexadecimal(digits: 8).map { [$0] }
    default: ["\\", scalar]
    }
  }

  private mutating func hexadecimal(digits: Int) -> Unicode.Scalar? {
    guard position + digits <= text.count else { return nil }
    let digitText = String(String.UnicodeScalarView(text[position..<position + digits]))
    position += digits
    return UInt32(digitText, radix: 16).flatMap(Unicode.Scalar.init)
  }

  private var peek: Unicode.Scalar? { position < text.count ? text[position] : nil }

  private mutating func next() -> Unicode.Scalar? {
    guard let scalar = peek else { return nil }
    position += 1
    return scalar
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let scalar = peek, scalar.properties.isWhitespace { position += 1 }
  }
}
