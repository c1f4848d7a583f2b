import FoundationEssentials
import ONNXFormat
import Tensors

extension Model {
  /// The message to be written; invariants are checked first.
  func proto() throws(ModelError) -> Onnx_ModelProto {
    var proto = remainder.message
    proto.irVersion = Int64(irVersion)
    if proto.producerName != producerName { proto.producerName = producerName }
    if proto.producerVersion != producerVersion { proto.producerVersion = producerVersion }
    proto.opsetImport = update(
      proto.opsetImport, with: opsets, new: Onnx_OperatorSetIdProto(),
      name: { normalized(domain: $0.domain) },
      set: { entry, domain, version in
        if !entry.hasDomain { entry.domain = domain }
        entry.version = Int64(version)
      })
    proto.metadataProps = update(
      proto.metadataProps, with: metadata, new: Onnx_StringStringEntryProto(), name: { $0.key },
      set: { entry, key, value in
        entry.key = key
        entry.value = value
      })
    if let node = graph.nodes.first(where: { $0.opset.map { $0 != opsets[""] } ?? false }) {
      throw ModelError("\(node.title) is of another opset than the model, which cannot be written")
    }
    proto.graph = try graph.validated().proto(listingInitializersAsInputs: irVersion < 4)
    return proto
  }
}

extension Graph {
  fileprivate func proto(listingInitializersAsInputs: Bool) throws(ModelError) -> Onnx_GraphProto {
    var proto = remainder.message
    if proto.name != name { proto.name = name }
    let defaults = listingInitializersAsInputs ? Set(initializers.keys) : []
    let listed = defaults.union(proto.input.map { $0.name })
    proto.input =
      inputs.map { $0.proto }
      + update(
        proto.input, with: initializers.filter { listed.contains($0.key) },
        new: Onnx_ValueInfoProto(), name: { $0.name },
        set: { $0 = ValueInfo(name: $1, $2).proto })
    proto.output = outputs.map { $0.proto }
    proto.valueInfo = valueInfos.map { $0.proto }
    // Tensors the values cannot hold are still whole in the remainder.
    let unreadable = proto.initializer.filter { $0.elementType == nil }
    proto.initializer =
      update(
        proto.initializer, with: initializers, new: Onnx_TensorProto(), name: { $0.name },
        set: { entry, name, tensor in
          entry.name = name
          entry.hold(tensor)
        }) + unreadable
    proto.node = try nodes.map { (node) throws(ModelError) in try node.proto() }
    return proto
  }
}

extension Node {
  fileprivate func proto() throws(ModelError) -> Onnx_NodeProto {
    var proto = remainder.message
    proto.input = inputs.dropLast(subgraphs?.captured.count ?? 0)
    proto.output = outputs
    proto.opType = operatorType
    if proto.name != name { proto.name = name }
    if normalized(domain: proto.domain) != domain { proto.domain = domain }
    for (name, value) in attributes {
      guard case .other = value else { continue }
      if !proto.attribute.contains(where: { $0.name == name }) {
        throw ModelError("\(title): attribute \(name) of kind \(value.kind) cannot be written")
      }
    }
    proto.attribute = update(
      proto.attribute, with: attributes, new: Onnx_AttributeProto(), name: { $0.name },
      set: { $0.hold($2, named: $1) })
    return proto.renamingCaptured(capturedNames.filter { $0.key != $0.value })
  }
}

extension Onnx_AttributeProto {
  fileprivate mutating func hold(_ value: Attribute, named name: String) {
    let kind = type
    self.name = name
    switch value {
    case .int(let value): (type, i) = (.int, value)
    case .float(let value): (type, f) = (.float, value)
    case .string(let value): (type, s) = (.string, Data(value.utf8))
    case .ints(let values): (type, ints) = (.ints, values)
    case .floats(let values): (type, floats) = (.floats, values)
    case .strings(let values): (type, strings) = (.strings, values.map { Data($0.utf8) })
    case .tensor(let value):
      type = .tensor
      t.hold(value)
    case .other: break
    }
    guard type != kind, kind != .undefined else { return }
    // What the old kind's fields held is not to be found beside the new value.
    var fresh = Onnx_AttributeProto()
    fresh.docString = docString
    fresh.hold(value, named: name)
    self = fresh
  }
}

extension ValueInfo {
  fileprivate var proto: Onnx_ValueInfoProto {
    var proto = remainder.message
    if proto.name != name { proto.name = name }
    let written = ValueInfo(proto)
    guard written != self else { return proto }
    var type = Onnx_TypeProto.Tensor()
    if let elementType { type.elemType = Int32(elementType.onnxCode) }
    if let dimensions { type.shape.dim = dimensions.map { $0.proto } }
    if elementType == nil, dimensions == nil {
      proto.clearType()
    } else {
      proto.type.tensorType = type
    }
    return proto
  }
}

extension Dimension {
  fileprivate var proto: Onnx_TensorShapeProto.Dimension {
    var proto = Onnx_TensorShapeProto.Dimension()
    switch self {
    case .fixed(let size): proto.dimValue = Int64(size)
    case .named(let name): proto.dimParam = name
    case .unknown: break
    }
    return proto
  }
}

/// A repeated field brought up to date: the entries it has in their order, without those whose
/// value is gone, then the new ones by name.
private func update<Entry, Value>(
  _ entries: [Entry], with values: [String: Value], new: Entry, name: (Entry) -> String,
  set: (inout Entry, String, Value) -> Void
) -> [Entry] {
  var known: Set<String> = []
  var updated: [Entry] = []
  for entry in entries {
    let name = name(entry)
    guard let value = values[name], known.insert(name).inserted else { continue }
    var entry = entry
    set(&entry, name, value)
    updated.append(entry)
  }
  for (name, value) in values.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
    var entry = new
    set(&entry, name, value)
    updated.append(entry)
  }
  return updated
}
