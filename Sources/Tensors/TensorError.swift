/// Why a tensor, a shape or a tensor file cannot be had: one line.
public struct TensorError: Error, CustomStringConvertible, Sendable {
  public let description: String

  public init(_ description: String) { self.description = description }
}
