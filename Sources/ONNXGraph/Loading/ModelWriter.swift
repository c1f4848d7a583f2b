import Foundation
import ONNXFormat
import Tensors

extension Model {
  /// The message to be written; invariants are checked first.
  func proto() throws(ModelError) -> Onnx_ModelProto {
    var proto = Onnx_ModelProto()
    proto.irVersion = Int64(irVersion)
    proto.opsetImport = opsets.sorted { $0.key < $1.key }.map { domain, version in
      var entry = Onnx_OperatorSetIdProto()
      entry.domain = domain
      entry.version = Int64(version)
      return entry
    }
    if !producerName.isEmpty { proto.producerName = producerName }
    if !producerVersion.isEmpty { proto.producerVersion = producerVersion }
    proto.metadataProps = metadata.sorted { $0.key < $1.key }.map { key, value in
      var entry = Onnx_StringStringEntryProto()
      entry.key = key
      entry.value = value
      return entry
    }
    proto.graph = try graph.validated().proto(listingInitializersAsInputs: irVersion < 4)
    return proto
  }
}

extension Graph {
  func proto(listingInitializersAsInputs: Bool) throws(ModelError) -> Onnx_GraphProto {
    var proto = Onnx_GraphProto()
    proto.name = name
    let constants = initializers.sorted { $0.key < $1.key }
    proto.input = inputs.map(Onnx_ValueInfoProto.init)
    if listingInitializersAsInputs {
      proto.input += constants.map { Onnx_ValueInfoProto(ValueInfo(name: $0.key, $0.value)) }
    }
    proto.output = outputs.map(Onnx_ValueInfoProto.init)
    proto.valueInfo = valueInfos.map(Onnx_ValueInfoProto.init)
    proto.initializer = constants.map { Onnx_TensorProto($0.value, name: $0.key) }
    proto.node = try nodes.map { (node) throws(ModelError) in try Onnx_NodeProto(node) }
    return proto
  }
}

extension Onnx_NodeProto {
  init(_ node: Node) throws(ModelError) {
    self.init()
    input = node.inputs
    output = node.outputs
    opType = node.operatorType
    if !node.name.isEmpty { name = node.name }
    if !node.domain.isEmpty { domain = node.domain }
    for (name, value) in node.attributes.sorted(by: { $0.key < $1.key }) {
      guard let proto = Onnx_AttributeProto(name: name, value) else {
        throw ModelError("\(node.title): attribute \(name) of kind \(value.kind) cannot be written")
      }
      attribute.append(proto)
    }
  }
}

extension Onnx_AttributeProto {
  init?(name: String, _ value: Attribute) {
    self.init()
    self.name = name
    switch value {
    case .int(let value): (type, i) = (.int, value)
    case .float(let value): (type, f) = (.float, value)
    case .string(let value): (type, s) = (.string, Data(value.utf8))
    case .ints(let values): (type, ints) = (.ints, values)
    case .floats(let values): (type, floats) = (.floats, values)
    case .strings(let values): (type, strings) = (.strings, values.map { Data($0.utf8) })
    case .tensor(let value): (type, t) = (.tensor, Onnx_TensorProto(value))
    case .other: return nil
    }
  }
}

extension Onnx_ValueInfoProto {
  init(_ info: ValueInfo) {
    self.init()
    name = info.name
    guard let elementType = info.elementType else { return }
    type.tensorType.elemType = Int32(elementType.onnxCode)
    guard let dimensions = info.dimensions else { return }
    type.tensorType.shape.dim = dimensions.map { dimension in
      var proto = Onnx_TensorShapeProto.Dimension()
      switch dimension {
      case .fixed(let size): proto.dimValue = Int64(size)
      case .named(let name): proto.dimParam = name
      case .unknown: break
      }
      return proto
    }
  }
}
