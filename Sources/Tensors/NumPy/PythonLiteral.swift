/// Reads the Python literals an `.npy` header is made of.
struct PythonLiteral {
  private var rest: Substring.UTF8View

  init(_ bytes: UnsafeRawBufferPointer) {
    rest = Substring(String(decoding: bytes, as: UTF8.self)).utf8
  }

  /// Steps over `symbol` when it comes next, after any white space.
  mutating func skip(_ symbol: Unicode.Scalar) -> Bool {
    rest = rest.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    guard rest.first == UInt8(ascii: symbol) else { return false }
    rest.removeFirst()
    return true
  }

  mutating func expect(_ symbol: Unicode.Scalar) throws(TensorError) {
    guard skip(symbol) else { throw unexpected("'\(symbol)'") }
  }

  /// A string in either kind of quotes, without escapes.
  mutating func string() throws(TensorError) -> String {
    let quote: Unicode.Scalar = skip("\"") ? "\"" : "'"
    if quote == "'" { try expect("'") }
    let text = rest.prefix { $0 != UInt8(ascii: quote) }
    rest.removeFirst(text.count)
    try expect(quote)
    return String(Substring(text))
  }

  mutating func boolean() throws(TensorError) -> Bool {
    _ = skip(" ")
    for (word, value) in [("True", true), ("False", false)] where rest.starts(with: word.utf8) {
      rest.removeFirst(word.utf8.count)
      return value
    }
    throw unexpected("True or False")
  }

  /// A tuple of integers that are not negative. Python 2 wrote an `L` after long ones.
  mutating func integers() throws(TensorError) -> [Int] {
    var values: [Int] = []
    try expect("(")
    while !skip(")") {
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard let value = Int(Substring(digits)) else { throw unexpected("a dimension") }
      values.append(value)
      rest.removeFirst(digits.count)
      _ = skip("L")
      if !skip(",") {
        try expect(")")
        break
      }
    }
    return values
  }

  private func unexpected(_ expected: String) -> TensorError {
    let lines = Substring(rest.prefix(20)).split(whereSeparator: \.isNewline)
    let found = lines.joined(separator: " ")
    return TensorError("the .npy header has \"\(found)\" where \(expected) is expected")
  }
}
