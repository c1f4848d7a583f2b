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
    let opsets = try opsets(proto.opsetImport)
    let graph = try graph(proto.graph)
    if opsets[""] == nil, let node = graph.nodes.first(where: { $0.domain.isEmpty }) {
      try object(
        .opset, "\(node.title): the model does not say which opset of ai.onnx it uses")
    }
    try refuseRedefinitions(by: proto.functions, of: graph.nodes)
    var model = Model(
      irVersion: Int(proto.irVersion), opsets: opsets, producerName: proto.producerName,
      producerVersion: proto.producerVersion, metadata: try metadata(proto.metadataProps),
      graph: graph)
    model.remainder = Remainder(proto)
    model.remainder.message.clearGraph()
    return model
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
          "opset \(other) and opset \(version) of domain '\(entry.domain)', expected one")
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
        try object(.duplicate, "metadata '\(entry.key)' has two values, expected one")
      }
    }
    return metadata
  }

  /// A function of the model's own takes precedence over the operator of its name. In any other
  /// domain its calls are operators nobody knows, but here they would be mistaken for the real one.
  private func refuseRedefinitions(
    by functions: [Onnx_FunctionProto], of nodes: [Node]
  ) throws(ModelError) {
    let own = Set(functions.lazy.filter { normalized(domain: $0.domain).isEmpty }.map { $0.name })
    if let node = nodes.first(where: { $0.domain.isEmpty && own.contains($0.operatorType) }) {
      try object(
        .redefinition, "\(node.title): the model redefines this operator; inline its functions")
    }
  }
}

/// `""` for ONNX's own domain, whose other name is `ai.onnx`.
func normalized(domain: String) -> String { domain == "ai.onnx" ? "" : domain }
