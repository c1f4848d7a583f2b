import ONNXFormat
import Tensors

/// Puts the bodies of a model's own functions (`ModelProto.functions`) in place of their calls.
///
/// Such a function takes precedence over the operator of its name. Functions may call functions, but
/// not themselves.
struct FunctionInlining {
  /// A node, and the versions of the operator sets it is written in where those are a function's.
  struct InlinedNode {
    let node: Onnx_NodeProto
    let opset: Int?
  }

  private struct Key: Hashable {
    let domain: String
    let name: String
    let overload: String

    init(_ domain: String, _ name: String, _ overload: String) {
      self.domain = normalized(domain: domain)
      self.name = name
      self.overload = overload
    }

    var title: String { domain.isEmpty ? name : "\(domain).\(name)" }
  }

  /// Bounds for calls within calls and for the nodes that come of them.
  private static let largestDepth = 64
  private static let largestCount = 1 << 18

  private let functions: [Key: Onnx_FunctionProto]
  private let opsets: [String: Int]
  private var copier: NodeCopier
  private var count = 0
  /// Whether any call was replaced.
  private(set) var hasInlined = false

  /// - Parameter opsets: the model's own versions by domain.
  init(_ model: Onnx_ModelProto, opsets: [String: Int]) {
    functions = Dictionary(
      model.functions.map { (Key($0.domain, $0.name, $0.overload), $0) }
    ) { first, _ in first }
    self.opsets = opsets
    copier = NodeCopier(takenNames: functions.isEmpty ? [] : model.graph.allTensorNames)
  }

  /// The nodes with every call replaced.
  mutating func inlined(_ nodes: [Onnx_NodeProto]) throws(ModelError) -> [InlinedNode] {
    guard !functions.isEmpty else { return nodes.map { InlinedNode(node: $0, opset: nil) } }
    return try inlined(nodes, opsets: opsets, calls: [])
  }

  private mutating func inlined(
    _ nodes: [Onnx_NodeProto], opsets: [String: Int], calls: [Key]
  ) throws(ModelError) -> [InlinedNode] {
    var result: [InlinedNode] = []
    for node in nodes {
      let key = Key(node.domain, node.opType, node.overload)
      guard let function = functions[key] else {
        result.append(try leaf(node, opsets: opsets, calls: calls))
        continue
      }
      guard !calls.contains(key) else {
        throw ModelError("function '\(shown: key.title)' calls itself, which ONNX forbids")
      }
      guard calls.count < Self.largestDepth else {
        throw ModelError("functions call one another more than \(Self.largestDepth) deep")
      }
      hasInlined = true
      count += function.node.count
      guard count <= Self.largestCount else {
        throw ModelError("the calls of functions make more than \(Self.largestCount) nodes")
      }
      let body = try body(of: function, called: node, key)
      var own = opsets
      for entry in function.opsetImport {
        own[normalized(domain: entry.domain)] = Int(entry.version)
      }
      result += try inlined(body, opsets: own, calls: calls + [key])
    }
    return result
  }

  /// A node that calls nothing itself, its graphs' calls replaced.
  private mutating func leaf(
    _ node: Onnx_NodeProto, opsets: [String: Int], calls: [Key]
  ) throws(ModelError) -> InlinedNode {
    var leaf = node
    for index in leaf.attribute.indices where leaf.attribute[index].hasG {
      let inner = try inlined(leaf.attribute[index].g.node, opsets: opsets, calls: calls)
      leaf.attribute[index].g.node = inner.map(\.node)
    }
    let domain = normalized(domain: node.domain)
    let opset = opsets[domain] == self.opsets[domain] ? nil : opsets[domain]
    return InlinedNode(node: leaf, opset: opset)
  }

  private mutating func body(
    of function: Onnx_FunctionProto, called node: Onnx_NodeProto, _ key: Key
  ) throws(ModelError) -> [Onnx_NodeProto] {
    guard node.input.count <= function.input.count, node.output.count <= function.output.count
    else {
      throw ModelError(
        "function '\(shown: key.title)' is called with \(node.input.count) inputs and "
          + "\(node.output.count) outputs, expected at most \(function.input.count) and "
          + "\(function.output.count)")
    }
    var names: [String: String] = [:]
    for (index, formal) in function.input.enumerated() where !formal.isEmpty {
      names[formal] = node.input.indices.contains(index) ? node.input[index] : ""
    }
    // An input given out as it is needs a node that does so.
    var passed: [Onnx_NodeProto] = []
    for (formal, actual) in zip(function.output, node.output)
    where !formal.isEmpty && !actual.isEmpty {
      if let known = names[formal] {
        passed.append(.identity(from: known, to: actual))
      } else {
        names[formal] = actual
      }
    }
    var arguments = Dictionary(function.attributeProto.map { ($0.name, $0) }) { first, _ in first }
    for attribute in node.attribute { arguments[attribute.name] = attribute }
    let prefix = node.name.isEmpty ? node.output.first { !$0.isEmpty } ?? key.name : node.name
    let body = copier.copies(
      of: function.node, names: &names, prefix: prefix, arguments: arguments)
    return body + passed
  }
}

extension Onnx_NodeProto {
  /// A node that gives a tensor another name.
  static func identity(from input: String, to output: String) -> Onnx_NodeProto {
    var node = Onnx_NodeProto()
    node.opType = "Identity"
    node.input = [input]
    node.output = [output]
    return node
  }
}
