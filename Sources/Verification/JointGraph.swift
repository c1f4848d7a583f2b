import ONNXGraph
import Operators
import Tensors

/// Two graphs as one, in which what both compute stands once.
package struct JointGraph: Sendable {
  /// The union: every node of either graph that reaches one of its outputs, the outputs of both.
  package let model: Model
  /// For each graph, the union's name of each of its tensors that reaches an output.
  package let names: Pair<[String: String]>
  package let sharing: Sharing
  /// The operators of the nodes that only one of the graphs has.
  package let unsharedOperators: Set<String>

  /// - Parameter pairedInputs: inputs of the two graphs that are fed the same tensor.
  package init(_ models: Pair<Model>, pairedInputs: [Pair<String>]) {
    var union = JointGraphBuilder(models)
    let original = union.add(
      models.original,
      inputs: Dictionary(pairedInputs.indices.map { (pairedInputs[$0].original, $0) }) { a, _ in a }
    )
    let patched = union.add(
      models.patched,
      inputs: Dictionary(pairedInputs.indices.map { (pairedInputs[$0].patched, $0) }) { a, _ in a })
    model = union.model
    names = Pair(original: original.names, patched: patched.names)
    sharing = Sharing(
      identicalNodes: original.nodes.intersection(patched.nodes).count,
      originalOnly: original.nodes.subtracting(patched.nodes).count,
      patchedOnly: patched.nodes.subtracting(original.nodes).count)
    unsharedOperators = Set(
      original.nodes.symmetricDifference(patched.nodes).compactMap { union.operatorTypes[$0] })
  }
}

/// How much of two graphs is the same by content, Constant and Identity nodes left out.
public struct Sharing: Sendable, Codable, Equatable {
  /// Nodes of equal operators, attributes and inputs.
  public var identicalNodes: Int
  public var originalOnly: Int
  public var patchedOnly: Int

  public init(identicalNodes: Int, originalOnly: Int, patchedOnly: Int) {
    self.identicalNodes = identicalNodes
    self.originalOnly = originalOnly
    self.patchedOnly = patchedOnly
  }
}

/// Adds graphs to one another, value by value.
private struct JointGraphBuilder {
  /// What became of one graph.
  struct Part {
    /// The union's names of the graph's tensors.
    var names: [String: String] = [:]
    /// The numbers of the first outputs of its nodes, which tell the nodes apart.
    var nodes: Set<ValueNumbering.Number> = []
  }

  private(set) var model: Model
  private(set) var operatorTypes: [ValueNumbering.Number: String] = [:]
  private var numbering = ValueNumbering()
  private var names: [ValueNumbering.Number: String] = [:]
  private var takenNames: Set<String> = []
  private var outputs: Set<String> = []
  private var freeInputs = 0

  init(_ models: Pair<Model>) {
    model = models.original
    model.graph = Graph(name: models.original.graph.name, inputs: [], outputs: [], nodes: [])
    for (domain, version) in models.patched.opsets where model.opsets[domain] == nil {
      model.opsets[domain] = version
    }
  }

  /// Adds one graph. `inputs` numbers those of its inputs that another graph has as well.
  mutating func add(_ source: Model, inputs: [String: Int]) -> Part {
    let graph = source.graph
    let live = LiveNodes(graph)
    var numbers: [String: ValueNumbering.Number] = [:]
    var part = Part()

    for input in graph.inputs {
      freeInputs -= 1
      let number = numbering.number(ofInput: inputs[input.name] ?? freeInputs)
      numbers[input.name] = number
      if names[number] == nil {
        var joined = input
        joined.name = claim(input.name, for: number)
        model.graph.inputs.append(joined)
      }
    }
    for name in graph.initializers.keys.sorted() where live.tensors.contains(name) {
      numbers[name] = number(of: graph.initializers[name]!, named: name)
    }
    for index in live.nodes {
      let node = graph.nodes[index]
      if let constant = node.constantValue {
        numbers[node.output(0)] = number(of: constant, named: node.output(0))
      } else if node.isIdentity {
        numbers[node.output(0)] = numbers[node.input(0)]
      } else {
        part.nodes.insert(add(node, of: source, numbers: &numbers))
      }
    }

    for (tensor, number) in numbers { part.names[tensor] = names[number] }
    for output in graph.outputs {
      guard let name = part.names[output.name], outputs.insert(name).inserted else { continue }
      model.graph.outputs.append(
        ValueInfo(name: name, elementType: output.elementType, dimensions: output.dimensions))
    }
    return part
  }

  private mutating func number(
    of constant: Tensor, named name: String
  ) -> ValueNumbering.Number {
    let number = numbering.number(of: constant)
    if names[number] == nil {
      model.graph.initializers[claim(name, for: number)] = constant
    }
    return number
  }

  /// The number of the node's first output.
  private mutating func add(
    _ node: Node, of source: Model, numbers: inout [String: ValueNumbering.Number]
  ) -> ValueNumbering.Number {
    let opset = node.opset ?? source.opsets[node.domain]
    let inputs = node.inputs.map { numbers[$0] }
    let (results, isNew) = numbering.numbers(of: node, opset: opset ?? 0, inputs: inputs)
    if isNew {
      var joined = node
      joined.inputs = inputs.map { $0.flatMap { names[$0] } ?? "" }
      joined.outputs = zip(node.outputs, results).map { name, number in
        name.isEmpty ? "" : claim(name, for: number)
      }
      joined.opset = opset == model.opsets[node.domain] ? nil : opset
      model.graph.nodes.append(joined)
      operatorTypes[results.lowerBound] = node.operatorType
    }
    for (name, number) in zip(node.outputs, results) where !name.isEmpty {
      numbers[name] = number
    }
    return results.lowerBound
  }

  /// Names a value, `name` if nothing in the union is called that.
  private mutating func claim(_ name: String, for number: ValueNumbering.Number) -> String {
    var free = name
    var attempt = 1
    while !takenNames.insert(free).inserted {
      attempt += 1
      free = "\(name)#\(attempt)"
    }
    names[number] = free
    return free
  }
}

/// The part of a graph that its outputs depend on.
private struct LiveNodes {
  /// In the graph's order.
  let nodes: [Int]
  let tensors: Set<String>

  init(_ graph: Graph) {
    var tensors = Set(graph.outputs.map { $0.name })
    var nodes: [Int] = []
    for (index, node) in graph.nodes.enumerated().reversed()
    where node.outputs.contains(where: { tensors.contains($0) }) {
      nodes.append(index)
      tensors.formUnion(node.inputs)
    }
    self.nodes = nodes.reversed()
    self.tensors = tensors
  }
}

extension Node {
  fileprivate var isIdentity: Bool {
    applies(Identity.self) && inputs.count == 1 && outputs.count == 1
      && !outputs[0].isEmpty
  }
}
