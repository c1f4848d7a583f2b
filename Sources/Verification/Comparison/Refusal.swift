/// Why something cannot be read, run or compared.
struct Refusal: Error, CustomStringConvertible {
  /// One for each reason.
  let lines: [String]

  init(_ line: String) { lines = [line] }

  var description: String { lines.joined(separator: "; ") }

  init(lines: [String]) { self.lines = lines }
}
