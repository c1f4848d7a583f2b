import ONNXFormat
import Tensors

extension ModelReader {
  /// - Parameters:
  ///   - nodes: the graph's nodes, calls of functions replaced.
  ///   - allowsDefaults: whether an initializer may be an input's default (IR version 4 or newer).
  func graph(
    _ proto: Onnx_GraphProto, nodes: [FunctionInlining.InlinedNode], allowsDefaults: Bool
  ) throws(ModelError) -> Graph {
    try proto.checkSizes(nodeCount: nodes.count)
    var remainder = proto
    remainder.node = []
    remainder.output = []
    remainder.valueInfo = []
    var initializers: [String: Tensor] = [:]
    for (index, tensor) in proto.initializer.enumerated() where tensor.elementType != nil {
      let title = "initializer '\(shown: tensor.name)'"
      let data = initializerData.indices.contains(index) ? initializerData[index] : nil
      guard let value = try value(of: tensor, in: data, title) else { continue }
      if let other = initializers.updateValue(value, forKey: tensor.name), other != value {
        try object(.duplicate, "\(title) is there twice with different values")
      }
      remainder.initializer[index] = tensor.withoutData
    }
    let nodes = try nodes.map { (inlined) throws(ModelError) in
      var node = try self.node(inlined.node)
      node.opset = inlined.opset
      return node
    }
    let unreadable = unreadableInitializers(of: proto)
    try refuse(unreadable, readBy: nodes)
    let inputs = try unique(proto.input.map { ValueInfo($0) })
    var fed = inputs.filter { initializers[$0.name] == nil && unreadable[$0.name] == nil }
    if fed.isEmpty, allowsDefaults {
      fed = inputs.withDefaults(initializers, readBy: nodes)
      for input in fed { initializers[input.name] = nil }
    }
    let fedNames = Set(fed.map(\.name))
    remainder.input.removeAll { fedNames.contains($0.name) }

    var graph = Graph(
      name: proto.name, inputs: fed, outputs: proto.output.map { ValueInfo($0) },
      initializers: initializers, nodes: nodes, valueInfos: proto.valueInfo.map { ValueInfo($0) })
    graph.remainder = Remainder(remainder)
    return problems == nil ? try graph.validated() : graph
  }

  /// The tensor of a message; `nil` when it is none and reading goes on all the same.
  private func value(
    of tensor: Onnx_TensorProto, in fileData: FileBytes? = nil, _ title: String
  ) throws(ModelError) -> Tensor? {
    do { return try tensor.value(title, fileData, externalData) } catch {
      try object(.initializer, error.description)
      return nil
    }
  }

  /// The kinds of those initializers this project has no tensors for, by name.
  private func unreadableInitializers(of proto: Onnx_GraphProto) -> [String: String] {
    var kinds: [String: String] = [:]
    for tensor in proto.initializer where tensor.elementType == nil {
      kinds[tensor.name] = ElementType.name(ofONNXCode: Int(tensor.dataType))
    }
    for tensor in proto.sparseInitializer { kinds[tensor.values.name] = "sparse" }
    return kinds
  }

  private func refuse(_ unreadable: [String: String], readBy nodes: [Node]) throws(ModelError) {
    guard !unreadable.isEmpty else { return }
    for node in nodes {
      for input in node.reads {
        guard let kind = unreadable[input] else { continue }
        try object(
          .initializer,
          "\(node.title) reads initializer '\(shown: input)', a \(kind) tensor, which is not supported"
        )
      }
    }
  }

  /// The declarations without those that repeat an earlier one.
  private func unique(_ infos: [ValueInfo]) throws(ModelError) -> [ValueInfo] {
    var known: [String: ValueInfo] = [:]
    var unique: [ValueInfo] = []
    for info in infos {
      if let other = known.updateValue(info, forKey: info.name) {
        if other != info {
          try object(.duplicate, "input '\(shown: info.name)' is declared twice and differently")
        }
      } else {
        unique.append(info)
      }
    }
    return unique
  }

  /// The tensor of a message that must hold one.
  func tensor(_ proto: Onnx_TensorProto, _ title: String) throws(ModelError) -> Tensor {
    guard proto.elementType != nil else {
      throw ModelError("\(title) is of a type that is not supported")
    }
    return try proto.value(title, nil, externalData)
  }

  func node(_ proto: Onnx_NodeProto) throws(ModelError) -> Node {
    var node = Node(
      domain: normalized(domain: proto.domain), operatorType: proto.opType, name: proto.name,
      inputs: proto.input, outputs: proto.output)
    for attribute in proto.attribute {
      let title = "\(node.title): attribute \(shown: attribute.name)"
      let value = try self.attribute(attribute, title)
      if let other = node.attributes.updateValue(value, forKey: attribute.name), other != value {
        try object(.duplicate, "\(title) is there twice with different values")
      }
    }
    node.remainder = Remainder(proto)
    node.remainder.message.input = []
    node.remainder.message.output = []
    node.remainder.message.attribute = proto.attribute.map { $0.withoutModeledValue }
    if node.runsGraphs, let subgraphs = try? subgraphs(of: proto) {
      node.subgraphs = subgraphs
      node.inputs += subgraphs.captured
    }
    return node
  }

  /// The graphs of a node, which have what they read from around it for their inputs.
  private func subgraphs(of node: Onnx_NodeProto) throws(ModelError) -> Subgraphs {
    var seen: Set<String> = []
    let captured = node.attribute.flatMap { $0.capturedTensors }.filter { seen.insert($0).inserted }
    var inner = self
    inner.initializerData = []
    inner.problems = nil
    var graphs: [String: Graph] = [:]
    for attribute in node.attribute where attribute.hasG {
      var proto = attribute.g
      proto.input += captured.map { name in
        var info = Onnx_ValueInfoProto()
        info.name = name
        return info
      }
      graphs[attribute.name] = try inner.graph(
        proto, nodes: proto.node.map { .init(node: $0, opset: nil) }, allowsDefaults: false)
    }
    return Subgraphs(captured: captured, graphs: graphs)
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
      guard let value = try value(of: proto.t, title) else { return .other("TENSOR") }
      return .tensor(value)
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

extension Onnx_GraphProto {
  private static let mostNodes = 1 << 18
  private static let mostNames = 1 << 20
  private static let mostOutputs = 1 << 10
  private static let longestName = 1 << 16

  /// Throws for more nodes or tensors than any graph has, and for names longer than any.
  fileprivate func checkSizes(nodeCount: Int) throws(ModelError) {
    guard nodeCount <= Self.mostNodes else {
      throw ModelError("\(nodeCount) nodes, expected at most \(Self.mostNodes)")
    }
    guard output.count <= Self.mostOutputs else {
      throw ModelError("\(output.count) outputs of a graph, expected at most \(Self.mostOutputs)")
    }
    let infos = input.count + output.count + valueInfo.count + initializer.count
    let names = node.reduce(infos) { $0 + $1.input.count + $1.output.count }
    guard names <= Self.mostNames else {
      throw ModelError("\(names) tensors are named, expected at most \(Self.mostNames)")
    }
    for info in input + output + valueInfo { try Self.check(info.name, "the name of a tensor") }
    for tensor in initializer {
      try Self.check(tensor.name, "the name of an initializer")
      if tensor.name.isEmpty { throw ModelError("an initializer has no name") }
    }
    for node in node {
      try Self.check(node.name, "the name of a node")
      try Self.check(node.opType, "an operator's name")
      for name in node.input + node.output { try Self.check(name, "the name of a tensor") }
      for attribute in node.attribute { try Self.check(attribute.name, "an attribute's name") }
    }
  }

  private static func check(_ name: String, _ what: String) throws(ModelError) {
    guard name.utf8.count > longestName else { return }
    throw ModelError(
      "\(what) has \(name.utf8.count) bytes, expected at most \(longestName): "
        + "'\(name.prefix(40))…'")
  }
}

extension [ValueInfo] {
  /// The inputs whose initializers are defaults, where a graph has no other inputs: its only one, or
  /// those that a node reads as what it works on and that have a batch.
  fileprivate func withDefaults(_ defaults: [String: Tensor], readBy nodes: [Node]) -> [ValueInfo] {
    let candidates = filter { defaults[$0.name] != nil }
    guard candidates.count > 1 else { return candidates }
    let data = Set(nodes.compactMap(\.inputs.first))
    return candidates.filter { data.contains($0.name) && $0.dimensions?.count == 4 }
  }
}

extension Onnx_AttributeProto {
  /// The message without a value that ``Attribute`` holds.
  fileprivate var withoutModeledValue: Onnx_AttributeProto {
    var rest = self
    switch type {
    case .int, .float: break
    case .string: rest.clearS()
    case .ints: rest.ints = []
    case .floats: rest.floats = []
    case .strings: rest.strings = []
    case .tensor where t.elementType != nil: rest.t = t.withoutData
    default: break
    }
    return rest
  }

  /// What graphs in this attribute read from outside themselves.
  var capturedTensors: [String] {
    (graphs + (hasG ? [g] : [])).flatMap { $0.capturedTensors }
  }
}

extension Onnx_GraphProto {
  fileprivate var capturedTensors: [String] {
    let own = Set(
      input.map { $0.name } + initializer.map { $0.name } + sparseInitializer.map { $0.values.name }
        + node.flatMap { $0.output })
    let read =
      node.flatMap { $0.input + $0.attribute.flatMap { $0.capturedTensors } }
      + output.map { $0.name }
    return read.filter { !$0.isEmpty && !own.contains($0) }
  }
}

extension Onnx_TensorProto {
  /// Name, type, shape and documentation.
  fileprivate var withoutData: Onnx_TensorProto {
    var rest = self
    rest.clearRawData()
    rest.clearDataLocation()
    rest.externalData = []
    rest.floatData = []
    rest.doubleData = []
    rest.int32Data = []
    rest.int64Data = []
    rest.uint64Data = []
    return rest
  }

  /// The tensor, or an error that names it.
  fileprivate func value(
    _ title: String, _ fileData: FileBytes?, _ externalData: ExternalData
  ) throws(ModelError) -> Tensor {
    do { return try Tensor(self, fileData: fileData, externalData: externalData) } catch {
      throw ModelError("\(title): \(error)")
    }
  }
}

extension ValueInfo {
  init(_ proto: Onnx_ValueInfoProto) {
    self.init(name: proto.name)
    if case .tensorType(let type)? = proto.type.value {
      elementType = ElementType(onnxCode: Int(type.elemType))
      dimensions = type.hasShape ? type.shape.dim.map { Dimension($0) } : nil
    }
    remainder = Remainder(proto)
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
