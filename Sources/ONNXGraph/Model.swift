import ONNXFormat

/// An ONNX model: a graph with the operator sets it is written in.
public struct Model: Sendable {
  public var irVersion: Int
  /// Versions by domain; `""` is ONNX's own.
  public var opsets: [String: Int]
  public var producerName: String
  public var producerVersion: String
  /// `metadata_props`, such as `stride` and `names`.
  public var metadata: [String: String]
  public var graph: Graph
  package var remainder = Remainder(Onnx_ModelProto())

  public init(
    irVersion: Int = 8, opsets: [String: Int], producerName: String = "",
    producerVersion: String = "", metadata: [String: String] = [:], graph: Graph
  ) {
    self.irVersion = irVersion
    self.opsets = opsets
    self.producerName = producerName
    self.producerVersion = producerVersion
    self.metadata = metadata
    self.graph = graph
  }
}
