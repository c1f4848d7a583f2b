/// Why a model cannot be opened, edited or written: one line.
public struct ModelError: Error, CustomStringConvertible, Sendable {
  public let description: String

  /// An error of this text; line breaks, which a name in a file may hold, are escaped.
  public init(_ description: String) {
    self.description = description.split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).joined(separator: "\\n")
  }
}
