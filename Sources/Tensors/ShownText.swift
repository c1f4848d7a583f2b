/// Text from files as it is shown: in messages, reports and annotations.
extension String {
  /// The most bytes of a name that are shown.
  private static var longestShown: Int { 200 }
  /// The most entries of a list that are shown.
  private static var mostShown: Int { 10 }

  /// A name as part of a line: control characters, line breaks and direction marks escaped as Swift
  /// and C write them, cut after 200 bytes.
  package var shown: String { clipped(to: Self.longestShown).escapedForLine }

  /// A longer text of a file, such as metadata, as part of a line.
  package var shownAtLength: String { clipped(to: 4000).escapedForLine }

  /// At most as many bytes, and a sign where some are left out.
  package func clipped(to count: Int) -> String {
    guard utf8.count > count else { return self }
    var end = utf8.index(utf8.startIndex, offsetBy: count)
    while String.Index(end, within: unicodeScalars) == nil { end = utf8.index(before: end) }
    return String(self[..<end]) + "…"
  }

  /// The text as part of a line, whole.
  package var escapedForLine: String {
    unicodeScalars.contains(where: \.isUnshown) ? escaped(keepsLineBreaks: false) : self
  }

  /// Lines of text in which no character moves the cursor, turns text around or, at the beginning of a
  /// line, is a command to a CI system (`::` and `##[`, of GitHub Actions).
  package var escapedForTerminal: String {
    guard unicodeScalars.contains(where: \.isUnshown) || contains("::") || contains("##[") else {
      return self
    }
    return escaped(keepsLineBreaks: true)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in
        let start = line.firstIndex { !$0.isWhitespace } ?? line.endIndex
        let isCommand = line[start...].hasPrefix("::")
        return (isCommand ? line[..<start] + "\\x3a" + line[start...].dropFirst() : line)
          .split(separator: "##[", omittingEmptySubsequences: false).joined(separator: "#\\x23[")
      }.joined(separator: "\n")
  }

  /// The text with marks that turn its direction escaped.
  package var escapedDirections: String {
    guard unicodeScalars.contains(where: { $0.isUnshown && $0.value > 0x9f }) else { return self }
    return unicodeScalars.map { scalar in
      scalar.isUnshown && scalar.value > 0x9f
        ? "\\u{" + String(scalar.value, radix: 16) + "}" : String(scalar)
    }.joined()
  }

  private func escaped(keepsLineBreaks: Bool) -> String {
    var escaped = ""
    for scalar in unicodeScalars {
      guard scalar.isUnshown, !(keepsLineBreaks && scalar == "\n") else {
        escaped.unicodeScalars.append(scalar)
        continue
      }
      switch scalar {
      case "\n": escaped += "\\n"
      case "\r": escaped += "\\r"
      case "\t": escaped += "\\t"
      case "\0"..."\u{ff}":
        escaped += (scalar.value < 16 ? "\\x0" : "\\x") + String(scalar.value, radix: 16)
      default: escaped += "\\u{" + String(scalar.value, radix: 16) + "}"
      }
    }
    return escaped
  }

  /// Names beside one another, each as ``shown``, after ten only how many more there are.
  package static func shownList(_ names: some Collection<String>) -> String {
    let shown = names.prefix(mostShown).map(\.shown).joined(separator: ", ")
    return names.count > mostShown ? "\(shown) and \(names.count - mostShown) more" : shown
  }
}

extension Unicode.Scalar {
  /// Whether a terminal would not show the character but do something.
  fileprivate var isUnshown: Bool {
    switch self {
    case "\0"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{61c}", "\u{200e}", "\u{200f}",
      "\u{2028}"..."\u{202e}", "\u{2066}"..."\u{2069}", "\u{feff}", "\u{fff9}"..."\u{fffb}":
      true
    default: false
    }
  }
}

extension DefaultStringInterpolation {
  /// A name from a file, as ``Swift/String/shown``.
  package mutating func appendInterpolation<Value>(shown value: Value) {
    appendLiteral(String(describing: value).shown)
  }
}
