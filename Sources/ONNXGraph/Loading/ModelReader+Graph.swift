import ONNXFormat
import Tensors

extension ModelReader {
  func graph(_ proto: Onnx_GraphProto) throws(ModelError) -> Graph {
    var initializers: [String: Tensor] = [:]
    // Tensors this project cannot hold; an error only when somebody reads them.
    var unreadable: [String: String] = [:]
    for tensor in proto.initializer {
      let title = "initializer '\(tensor.name)'"
      guard tensor.elementType != nil else {
        unreadable[tensor.name] = ElementType.name(ofONNXCode: Int(tensor.dataType))
        continue
      }
      let value = try tensor.value(title, externalData)
      if let other = initializers.updateValue(value, forKey: tensor.name), other != value {
        throw ModelError("\(title) is there twice with different values")
      }
    }
    for tensor in proto.sparseInitializer { unreadable[tensor.values.name] = "sparse" }

    let nodes = try proto.node.map { (node) throws(ModelError) in try self.node(node) }
    for node in nodes {
      for input in node.inputs {
        if let kind = unreadable[input] {
          throw ModelError(
            "\(node.title) reads initializer '\(input)', whose type \(kind) is not supported")
        }
      }
    }
    let inputs = try unique(proto.input.map(ValueInfo.init))
    return try Graph(
      name: proto.name,
      inputs: inputs.filter { initializers[$0.name] == nil && unreadable[$0.name] == nil },
      outputs: proto.output.map(ValueInfo.init), initializers: initializers, nodes: nodes,
      valueInfos: proto.valueInfo.map(ValueInfo.init)
    ).validated()
  }

  /// The declarations without those that repeat an earlier one.
  private func unique(_ infos: [ValueInfo]) throws(ModelError) -> [ValueInfo] {
    var known: [String: ValueInfo] = [:]
    var unique: [ValueInfo] = []
    for info in infos {
      if let other = known.updateValue(info, forKey: info.name) {
        guard other == info else {
          throw ModelError("input '\(info.name)' is declared twice and differently")
        }
      } else {
        unique.append(info)
      }
    }
    return unique
  }

  private func node(_ proto: Onnx_NodeProto) throws(ModelError) -> Node {
    var node = Node(
      domain: normalized(domain: proto.domain), operatorType: proto.opType, name: proto.name,
      inputs: proto.input, outputs: proto.output)
    for attribute in proto.attribute {
      let title = "\(node.title): attribute \(attribute.name)"
      let value = try self.attribute(attribute, title)
      if let other = node.attributes.updateValue(value, forKey: attribute.name), other != value {
        throw ModelError("\(title) is there twice with different values")
      }
    }
    return node
  }

  private func attribute(
    _ proto: Onnx_AttributeProto, _ title: String
  ) throws(ModelError) -> Attribute {
    guard proto.refAttrName.isEmpty else { return .other("REFERENCE") }
    switch proto.type {
    case .int: return .int(proto.i)
    case .float: return .float(proto.f)
    case .string: return .string(String(decoding: proto.s, as: UTF8.self))
    case .ints: return .ints(proto.ints)
    case .floats: return .floats(proto.floats)
    case .strings: return .strings(proto.strings.map { String(decoding: $0, as: UTF8.self) })
    case .tensor:
      guard proto.t.elementType != nil else {
        return .other("TENSOR of \(ElementType.name(ofONNXCode: Int(proto.t.dataType)))")
      }
      return .tensor(try proto.t.value(title, externalData))
    case .graph: return .other("GRAPH")
    case .graphs: return .other("GRAPHS")
    case .tensors: return .other("TENSORS")
    case .sparseTensor: return .other("SPARSE_TENSOR")
    case .sparseTensors: return .other("SPARSE_TENSORS")
    case .typeProto: return .other("TYPE_PROTO")
    case .typeProtos: return .other("TYPE_PROTOS")
    case .undefined: return .other("UNDEFINED")
    }
  }
}

extension Onnx_TensorProto {
  /// The tensor, or an error that names it.
  fileprivate func value(
    _ title: String, _ externalData: ExternalData
  ) throws(ModelError) -> Tensor {
    do { return try Tensor(self, externalData: externalData) } catch {
      throw ModelError("\(title): \(error)")
    }
  }
}

extension ValueInfo {
  init(_ proto: Onnx_ValueInfoProto) {
    guard case .tensorType(let type)? = proto.type.value else {
      self.init(name: proto.name, elementType: nil, dimensions: nil)
      return
    }
    self.init(
      name: proto.name, elementType: ElementType(onnxCode: Int(type.elemType)),
      dimensions: type.hasShape ? type.shape.dim.map(Dimension.init) : nil)
  }
}

extension Dimension {
  init(_ proto: Onnx_TensorShapeProto.Dimension) {
    switch proto.value {
    case .dimValue(let size)? where size >= 0: self = .fixed(Int(size))
    case .dimParam(let name)? where !name.isEmpty: self = .named(name)
    default: self = .unknown
    }
  }
}
