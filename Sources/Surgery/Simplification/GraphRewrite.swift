import ONNXGraph
import Tensors

/// Changes a pass collects and makes in one sweep over the graph.
struct GraphRewrite {
  /// Tensors by the tensors that stand for them.
  private var substitutes: [String: String] = [:]
  private var constants: [String: Tensor] = [:]
  private var replacements: [Int: Node] = [:]
  private var removed: Set<Int> = []
  private let outputs: Set<String>
  private let fixedNames: Set<String>

  init(_ graph: Graph) {
    outputs = Set(graph.outputs.map(\.name))
    fixedNames = outputs.union(graph.inputs.map(\.name))
  }

  var isEmpty: Bool {
    substitutes.isEmpty && constants.isEmpty && replacements.isEmpty && removed.isEmpty
  }

  /// Has everyone who reads `tensor` read `other`. An output of the graph keeps the node that makes
  /// it: its name is the graph's contract.
  mutating func substitute(_ tensor: String, by other: String) {
    guard !outputs.contains(tensor), tensor != other else { return }
    substitutes[tensor] = other
  }

  /// Makes a tensor a constant.
  mutating func fold(_ tensor: String, to value: Tensor) {
    guard !fixedNames.contains(tensor) else { return }
    constants[tensor] = value
  }

  mutating func replace(nodeAt index: Int, by node: Node) { replacements[index] = node }

  mutating func remove(nodeAt index: Int) { removed.insert(index) }

  mutating func add(constant name: String, _ value: Tensor) { constants[name] = value }

  /// The graph with the changes made and what nobody needs any more left out.
  func applied(to graph: Graph) throws(ModelError) -> Graph {
    var (graph, substitutes) = (graph, SubstituteWalk(substitutes))
    for (index, node) in replacements { graph.nodes[index] = node }
    for index in graph.nodes.indices {
      graph.nodes[index].inputs = graph.nodes[index].inputs.map { substitutes.last(of: $0) }
      graph.nodes[index].outputs = graph.nodes[index].outputs.map {
        constants[$0] == nil ? $0 : ""
      }
    }
    graph.nodes = graph.nodes.indices.filter { index in
      !removed.contains(index) && graph.nodes[index].outputs.contains { !$0.isEmpty }
    }.map { graph.nodes[$0] }
    graph.initializers.merge(constants) { $1 }
    return try graph.applying(.prune)
  }
}

/// Follows tensors to what stands for them in the end.
private struct SubstituteWalk {
  private var substitutes: [String: String]

  init(_ substitutes: [String: String]) { self.substitutes = substitutes }

  /// The last of the substitutes, at which those that were passed point from then on.
  mutating func last(of tensor: String) -> String {
    var passed: [String] = []
    var last = tensor
    while let next = substitutes[last], passed.count <= substitutes.count {
      passed.append(last)
      last = next
    }
    for name in passed.dropLast() { substitutes[name] = last }
    return last
  }
}
