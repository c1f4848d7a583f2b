import ONNXFormat
import Tensors

/// A graph of operators as a value.
///
/// Invariants, checked when a graph is loaded: every tensor is made once (by an input, an
/// initializer or a node), every tensor read is made, and nodes stand after what they read.
public struct Graph: Sendable, Equatable {
  public var name: String
  /// What has to be fed, in the file's order; initializers that are also inputs are left out,
  /// unless there would be no input: then they are its defaults, which are left aside.
  public var inputs: [ValueInfo]
  public var outputs: [ValueInfo]
  /// Constant tensors by name. Constant nodes stay nodes.
  public var initializers: [String: Tensor]
  /// In an order that can be run.
  public var nodes: [Node]
  /// What the file declares of tensors in between.
  public var valueInfos: [ValueInfo]
  package var remainder = Remainder(Onnx_GraphProto())

  public init(
    name: String = "", inputs: [ValueInfo], outputs: [ValueInfo],
    initializers: [String: Tensor] = [:], nodes: [Node], valueInfos: [ValueInfo] = []
  ) {
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.initializers = initializers
    self.nodes = nodes
    self.valueInfos = valueInfos
  }
}
