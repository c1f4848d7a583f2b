/// Why a graph is not patched or simplified: one line, without the file's name.
public struct SurgeryError: Error, CustomStringConvertible, Sendable {
  public let description: String

  public init(_ description: String) { self.description = description }
}
