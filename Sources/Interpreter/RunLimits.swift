/// What a run may use.
public struct RunLimits: Sendable {
  /// Bytes that tensors computed by the graph may take together.
  public var memory: Int

  public init(memory: Int = 1536 << 20) { self.memory = memory }
}
