/// JSON with the order of its keys and the breaks of its lines.
enum JSONText {
  /// A number, `true`, `false` or `null`.
  case literal(String)
  case string(String)
  /// On one line.
  case array([JSONText])
  case object([(String, JSONText)])
  /// One element or member a line.
  case lines([JSONText])
  case members([(String, JSONText)])

  static func number(_ value: Int) -> JSONText { .literal(value.description) }
  static func number(_ value: Double) -> JSONText { .literal(value.description) }

  /// A number that is read back to the same bits, by way of a double or not; finite.
  static func number(_ value: Float) -> JSONText {
    let shortest = value.description
    let isKept = Double(shortest).map { Float($0).bitPattern == value.bitPattern } ?? false
    return .literal(isKept ? shortest : Double(value).description)
  }

  static func numbers(_ values: [Float]) -> JSONText { .array(values.map { .number($0) }) }
  static func numbers(_ values: [Int]) -> JSONText { .array(values.map { .number($0) }) }

  static let null = JSONText.literal("null")

  /// - Parameter indentation: of the line the text stands on.
  func text(indentation: String = "") -> String {
    let inner = indentation + "  "
    switch self {
    case .literal(let text): return text
    case .string(let text): return Self.quoted(text)
    case .array(let elements):
      return "[" + elements.map { $0.text(indentation: indentation) }.joined(separator: ", ") + "]"
    case .object(let members):
      return "{"
        + members.map { "\(Self.quoted($0)): \($1.text(indentation: indentation))" }
        .joined(separator: ", ") + "}"
    case .lines(let elements):
      guard !elements.isEmpty else { return "[]" }
      return "[\n"
        + elements.map { inner + $0.text(indentation: inner) }.joined(separator: ",\n")
        + "\n\(indentation)]"
    case .members(let members):
      guard !members.isEmpty else { return "{}" }
      return "{\n"
        + members.map { "\(inner)\(Self.quoted($0)): \($1.text(indentation: inner))" }
        .joined(separator: ",\n") + "\n\(indentation)}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\0"..."\u{1f}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
