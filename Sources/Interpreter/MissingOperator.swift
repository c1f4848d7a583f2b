import ONNXGraph
import Operators

/// An operator a model uses and this interpreter does not have.
public struct MissingOperator: Sendable, Hashable, CustomStringConvertible {
  public let domain: String
  public let type: String
  /// The version of the domain's operator set the model asks for.
  public let version: Int
  /// How many nodes use it.
  public let count: Int

  /// For example `TopK (opset 13, 2 nodes)`.
  public var description: String {
    let title = domain.isEmpty ? type : "\(domain).\(type)"
    return "\(title) (opset \(version), \(count) \(count == 1 ? "node" : "nodes"))"
  }
}

extension Model {
  /// The operators that nodes reaching an output use and that cannot be run, by name.
  public func missingOperators() -> [MissingOperator] {
    let table = OperatorTable()
    var counts: [MissingOperator: Int] = [:]
    for node in liveNodes(reaching: graph.outputs.map(\.name)).flatMap(\.withInnerNodes) {
      let opset = opset(of: node)
      guard table(node, opset: opset) == nil else { continue }
      let key = MissingOperator(
        domain: node.domain, type: node.operatorType, version: opset, count: 0)
      counts[key, default: 0] += 1
    }
    return counts.map { key, count in
      MissingOperator(domain: key.domain, type: key.type, version: key.version, count: count)
    }.sorted { ($0.domain, $0.type, $0.version) < ($1.domain, $1.type, $1.version) }
  }

  /// The version of its operator set that a node is written in.
  func opset(of node: Node) -> Int { node.opset ?? opsets[node.domain] ?? 0 }

  /// The nodes that some of `tensors` are computed from, in the graph's order.
  func liveNodes(reaching tensors: [String]) -> [Node] {
    var wanted = Set(tensors)
    var live: [Node] = []
    for node in graph.nodes.reversed() where !wanted.isDisjoint(with: node.outputs) {
      guard node.outputs.contains(where: { !$0.isEmpty && wanted.contains($0) }) else { continue }
      wanted.formUnion(node.inputs)
      live.append(node)
    }
    return live.reversed()
  }
}

extension Node {
  /// The node and those of the graphs it runs.
  fileprivate var withInnerNodes: [Node] {
    [self] + (subgraphs?.graphs.values.flatMap { $0.nodes.flatMap(\.withInnerNodes) } ?? [])
  }
}
