import ONNXFormat
import Tensors

/// Turns the messages of an ONNX file into values.
struct ModelReader {
  let externalData: ExternalData
  /// For each initializer of the graph, its data where the message does not hold it.
  var initializerData: [FileBytes?] = []
  /// Takes what is wrong, so that reading goes on; `nil` to throw the first error.
  var problems: ModelProblems?

  /// Throws an error, or takes note of it where reading is to go on.
  func object(_ kind: ModelProblem.Kind, _ text: String) throws(ModelError) {
    let error = ModelError(text)
    guard let problems else { throw error }
    problems.append(kind, error)
  }

  func model(_ proto: Onnx_ModelProto) throws(ModelError) -> Model {
    guard proto.hasGraph else { throw ModelError("holds no graph, expected an ONNX model") }
    if proto.irVersion < 3 {
      try object(
        .irVersion, "IR version \(proto.irVersion), expected 3 or newer; export it again")
    }
    var opsets = try opsets(proto.opsetImport)
    for entry in proto.functions.flatMap(\.opsetImport) {
      // Of a domain that only functions use.
      let domain = normalized(domain: entry.domain)
      if opsets[domain] == nil { opsets[domain] = Int(entry.version) }
    }
    var inlining = FunctionInlining(proto, opsets: opsets)
    let graph = try graph(
      proto.graph, nodes: try inlinedNodes(proto, &inlining), allowsDefaults: proto.irVersion >= 4)
    if opsets[""] == nil, let node = graph.nodes.first(where: { $0.domain.isEmpty }) {
      try object(
        .opset, "\(node.title): the model does not say which opset of ai.onnx it uses")
    }
    var model = Model(
      irVersion: Int(proto.irVersion), opsets: opsets, producerName: proto.producerName,
      producerVersion: proto.producerVersion, metadata: try metadata(proto.metadataProps),
      graph: graph)
    model.remainder = Remainder(proto)
    model.remainder.message.clearGraph()
    if inlining.hasInlined { model.remainder.message.functions = [] }
    return problems == nil ? try model.takingConstantBranches() : model
  }

  /// The graph's nodes with the calls of the model's own functions replaced.
  private func inlinedNodes(
    _ proto: Onnx_ModelProto, _ inlining: inout FunctionInlining
  ) throws(ModelError) -> [FunctionInlining.InlinedNode] {
    do { return try inlining.inlined(proto.graph.node) } catch {
      try object(.function, error.description)
      return proto.graph.node.map { FunctionInlining.InlinedNode(node: $0, opset: nil) }
    }
  }

  private func opsets(
    _ imports: [Onnx_OperatorSetIdProto]
  ) throws(ModelError) -> [String: Int] {
    var opsets: [String: Int] = [:]
    for entry in imports {
      let domain = normalized(domain: entry.domain)
      let version = Int(entry.version)
      if let other = opsets.updateValue(version, forKey: domain), other != version {
        try object(
          .opset,
          "opset \(other) and opset \(version) of domain '\(shown: entry.domain)', expected one")
      }
    }
    if let version = opsets[""], version < 7 {
      try object(
        .opset, "opset \(version), expected 7 or newer; convert it or export it again")
    }
    return opsets
  }

  private func metadata(
    _ entries: [Onnx_StringStringEntryProto]
  ) throws(ModelError) -> [String: String] {
    var metadata: [String: String] = [:]
    for entry in entries {
      if let other = metadata.updateValue(entry.value, forKey: entry.key), other != entry.value {
        try object(.duplicate, "metadata '\(shown: entry.key)' has two values, expected one")
      }
    }
    return metadata
  }
}

/// `""` for ONNX's own domain, whose other name is `ai.onnx`.
func normalized(domain: String) -> String { domain == "ai.onnx" ? "" : domain }
