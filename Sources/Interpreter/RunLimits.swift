import Synchronization

/// What a run may use.
public struct RunLimits: Sendable {
  /// Bytes that a run may take: the tensors that the graph computes, what nodes need beside them, and
  /// constants in a form of their own.
  public var memory: Int
  /// Multiplications, or elements made, that folding constants may take in all; what is beyond is
  /// computed in the run.
  public var foldedWork = 100_000_000
  /// Bytes that folded constants may take in all.
  public var foldedMemory: Int { memory / 4 }

  /// - Parameter memory: ``standardMemory`` when left out.
  public init(memory: Int? = nil) { self.memory = memory ?? RunLimits.standardMemory }

  private static let chosenMemory = Atomic<Int>(1536 << 20)

  /// Bytes that a run may take where nothing else is said: 1.5 GB, unless the command set another
  /// limit when it started.
  public static var standardMemory: Int { chosenMemory.load(ordering: .relaxed) }

  /// Sets ``standardMemory`` for the process.
  package static func setStandardMemory(_ bytes: Int) {
    chosenMemory.store(bytes, ordering: .relaxed)
  }
}
