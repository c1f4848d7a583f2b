import Kernels
import ONNXFormat
import ONNXGraph
import Operators
import Tensors

/// Collects the nodes of a graph that is rewritten with conversions in between.
struct GraphRewrite {
  enum Conversion: Hashable {
    case cast(ElementType)
    case round(NarrowFormat)
  }

  private struct Key: Hashable {
    let tensor: String
    let conversion: Conversion
  }

  private(set) var nodes: [Node] = []
  private var converted: [Key: String] = [:]
  private var takenNames: Set<String>

  init(_ graph: Graph) {
    takenNames = Set(graph.inputs.map(\.name)).union(graph.initializers.keys)
    for node in graph.nodes { takenNames.formUnion(node.outputs) }
  }

  mutating func append(_ node: Node) { nodes.append(node) }

  /// The name of a tensor after a conversion, which is added where it is first asked for.
  mutating func converted(_ tensor: String, _ conversion: Conversion) -> String {
    let key = Key(tensor: tensor, conversion: conversion)
    if let known = converted[key] { return known }
    let name = freeName("\(tensor) \(conversion.title)")
    nodes.append(conversion.node(from: tensor, to: name))
    converted[key] = name
    return name
  }

  /// Adds a node whose chosen outputs are converted and keep their names.
  mutating func append(
    _ node: Node, converting conversion: Conversion, where isChosen: (String) -> Bool
  ) {
    var inner = node
    inner.outputs = node.outputs.map { name in
      !name.isEmpty && isChosen(name) ? freeName("\(name) exact") : name
    }
    nodes.append(inner)
    for (from, to) in zip(inner.outputs, node.outputs) where from != to {
      nodes.append(conversion.node(from: from, to: to))
    }
  }

  private mutating func freeName(_ wish: String) -> String {
    var name = wish
    var attempt = 1
    while !takenNames.insert(name).inserted {
      attempt += 1
      name = "\(wish)#\(attempt)"
    }
    return name
  }
}

extension GraphRewrite.Conversion {
  fileprivate var title: String {
    switch self {
    case .cast(let type): "as \(type)"
    case .round(let format): "in \(format)"
    }
  }

  fileprivate func node(from input: String, to output: String) -> Node {
    switch self {
    case .cast(let type):
      Node(
        operatorType: Cast.type, inputs: [input], outputs: [output],
        attributes: ["to": .int(Int64(type.onnxCode))], opset: 13)
    case .round(let format):
      Node(
        domain: OperatorTable.ownDomain, operatorType: RoundTo.type, inputs: [input],
        outputs: [output], attributes: ["format": .string(format.rawValue)], opset: 0)
    }
  }
}
