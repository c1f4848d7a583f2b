/// Why a picture cannot be read or written: one line.
public struct ImageError: Error, CustomStringConvertible, Sendable {
  public let description: String

  public init(_ description: String) { self.description = description }
}
