import ONNXGraph
import Tensors

/// What one step of a run did and how long it took.
public struct StepTime: Sendable {
  /// The step's node; of fused nodes the first.
  public let node: Node
  /// Of the first output; `nil` when only the run decides it.
  public let outputShape: Shape?
  /// Multiplications of a convolution or matrix product; 0 for other operators.
  public let multiplyAdds: Int
  public let duration: Duration
}

extension Plan.Step {
  func time(_ duration: Duration) -> StepTime {
    StepTime(
      node: node, outputShape: prepared?.outputs.first?.shape,
      multiplyAdds: prepared?.multiplyAdds ?? 0, duration: duration)
  }
}
