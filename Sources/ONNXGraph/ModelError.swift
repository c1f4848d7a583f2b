/// Why a model cannot be opened, edited or written: one line.
public struct ModelError: Error, CustomStringConvertible, Sendable {
  public let description: String

  /// An error of this text; line breaks and other controls, which names in a file may hold, are
  /// escaped.
  public init(_ description: String) {
    self.description = description.unicodeScalars.map { scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: scalar.escaped(asASCII: true)
      default: String(scalar)
      }
    }.joined()
  }
}
