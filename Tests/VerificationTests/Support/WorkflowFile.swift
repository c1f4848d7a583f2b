import Foundation

/// The commands of a workflow file: as much of YAML as such files are written in.
struct WorkflowFile {
  /// Scripts by the keys they stand under, in order.
  let scripts: [(key: String, script: String)]

  /// - Parameter keys: those whose values are commands: a text, a block of lines, or a list of
  ///   either.
  init(contentsOfFile path: String, keys: Set<String>) throws {
    let lines = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n")
    var scripts: [(key: String, script: String)] = []
    for (index, line) in lines.enumerated() {
      let entry = line.trimmingCharacters(in: .whitespaces).removingListMark
      guard let colon = entry.firstIndex(of: ":"), keys.contains(String(entry[..<colon])) else {
        continue
      }
      let key = String(entry[..<colon])
      let value = entry[entry.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      let inner = Self.block(lines[(index + 1)...], under: line.indentation)
      if value == "|" {
        scripts.append((key, inner.unindented))
      } else if value.isEmpty {
        scripts += Self.items(inner).map { (key, $0) }
      } else {
        scripts.append((key, value))
      }
    }
    self.scripts = scripts
  }

  /// The lines that are indented further than `indentation`.
  private static func block(_ lines: ArraySlice<String>, under indentation: Int) -> [String] {
    Array(lines.prefix { $0.isEmpty || $0.indentation > indentation })
  }

  private static func items(_ lines: [String]) -> [String] {
    lines.enumerated().compactMap { index, line in
      let text = line.trimmingCharacters(in: .whitespaces)
      guard text.hasPrefix("- "), line.indentation == lines[0].indentation else { return nil }
      let item = text.removingListMark
      return item == "|"
        ? block(lines[(index + 1)...], under: line.indentation).unindented : item
    }
  }
}

extension String {
  fileprivate var indentation: Int { prefix { $0 == " " }.count }
  fileprivate var removingListMark: String { hasPrefix("- ") ? String(dropFirst(2)) : self }
}

extension [String] {
  /// The lines without the indentation of the first.
  fileprivate var unindented: String {
    let indentation = first?.indentation ?? 0
    return map { String($0.dropFirst(indentation)) }.joined(separator: "\n")
  }
}
