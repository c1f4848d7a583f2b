import Interpreter
import ONNXGraph
import Operators
import Tensors

/// A graph that computes two graphs and, tensor by tensor, how far they are from each other and from
/// what they would be without rounding.
///
/// It holds both graphs once in their own types and once in float64, and the patched graph's layers
/// a third time in float64, each fed what the original has where it has it: what is wrong there is the
/// layer's own doing. Nodes stand close to what they are compared with, so that few tensors live at
/// one time.
struct LayerGraph {
  /// The names of the graph's outputs for one pair of tensors, and the figures they hold.
  enum Measure: String, CaseIterable {
    /// The original from itself in float64.
    case originalNoise
    /// The patched graph from itself in float64.
    case patchedNoise
    /// The patched graph from the original.
    case difference
    /// The same, both in float64.
    case exactDifference
    /// The patched graph's layer on the original's inputs, in float64, from the original's.
    case added
  }

  let model: Model
  /// For each entry of the pairing, the outputs that measure it.
  let outputs: [[Measure: String]]

  init(_ joint: Model, originalTensors: Set<String>, _ pairing: LayerPairing) {
    var builder = LayerGraphBuilder(joint, originalTensors: originalTensors, pairing.partners)
    builder.addGraphs()
    outputs = pairing.entries.map { builder.measure($0) }
    model = builder.model()
  }
}

private struct LayerGraphBuilder {
  /// Which copy of a node, in the order they are run in.
  private enum Rank: Int {
    case original, originalExact, patched, patchedExact, isolated, figures
  }

  private struct PlacedNode {
    /// The place of the original's node it belongs to.
    let place: Int
    let rank: Rank
    let node: Node
  }

  private let joint: Model
  private let exact: Model
  private let originalTensors: Set<String>
  private let partners: [String: String]
  private let inputs: Set<String>
  /// Begins no name of the joint graph.
  private let mark: String
  private var nodes: [PlacedNode] = []
  private var figures: [String] = []
  /// For each tensor that a node makes, the place of that node.
  private var places: [String: Int] = [:]
  /// What the patched graph alone makes.
  private var patchedOnly: Set<String> = []

  init(_ joint: Model, originalTensors: Set<String>, _ partners: [String: String]) {
    self.joint = joint
    self.originalTensors = originalTensors
    self.partners = partners
    exact = joint.inFloat64()
    inputs = Set(joint.graph.inputs.map(\.name))
    let names =
      exact.graph.nodes.flatMap(\.outputs) + Array(inputs) + exact.graph.initializers.keys
    var mark = "~"
    while names.contains(where: { $0.hasPrefix(mark) }) { mark += "~" }
    self.mark = mark
  }

  mutating func addGraphs() {
    for (index, node) in joint.graph.nodes.enumerated() {
      let isOriginal = node.outputs.contains { originalTensors.contains($0) }
      let place = isOriginal ? index : self.place(ofPatched: node)
      for output in node.outputs where !output.isEmpty {
        places[output] = place
        if !isOriginal { patchedOnly.insert(output) }
      }
      nodes.append(PlacedNode(place: place, rank: isOriginal ? .original : .patched, node: node))
    }
    for node in exact.graph.nodes { addExact(node) }
  }

  /// Where a node that only the patched graph has can be run, and what it is compared with is there.
  private func place(ofPatched node: Node) -> Int {
    let tensors = node.inputs + (node.inputs + node.outputs).compactMap { partners[$0] }
    return tensors.compactMap { places[$0] }.max() ?? -1
  }

  private mutating func addExact(_ node: Node) {
    var wide = node
    wide.inputs = node.inputs.map(exactName)
    wide.outputs = node.outputs.map(exactName)
    // A conversion put in between belongs to what it converts.
    let isConversion = node.outputs.allSatisfy { $0.isEmpty || places[$0] == nil }
    let place = (isConversion ? node.inputs : node.outputs).compactMap { places[$0] }.max() ?? -1
    let isPatched = (isConversion ? node.inputs : node.outputs).contains(
      where: patchedOnly.contains)
    nodes.append(
      PlacedNode(place: place, rank: isPatched ? .patchedExact : .originalExact, node: wide))
    guard isPatched, !isConversion else { return }
    var isolated = node
    isolated.inputs = node.inputs.map(isolatedName)
    isolated.outputs = node.outputs.map { $0.isEmpty ? "" : "\(mark)isolated \($0)" }
    nodes.append(PlacedNode(place: place, rank: .isolated, node: isolated))
  }

  private func exactName(_ tensor: String) -> String {
    tensor.isEmpty || inputs.contains(tensor) ? tensor : "\(mark)exact \(tensor)"
  }

  /// What the isolated copy of a layer reads in place of a tensor: the original's where there is one.
  private func isolatedName(_ tensor: String) -> String {
    if let partner = partners[tensor] { return exactName(partner) }
    return patchedOnly.contains(tensor) ? "\(mark)isolated \(tensor)" : exactName(tensor)
  }

  mutating func measure(_ entry: LayerPairing.Entry) -> [LayerGraph.Measure: String] {
    let (a, b) = (entry.original, entry.patched)
    var operands: [LayerGraph.Measure: (String, String)] = [.originalNoise: (a, exactName(a))]
    if a != b {
      operands[.patchedNoise] = (b, exactName(b))
      operands[.difference] = (b, a)
      operands[.exactDifference] = (exactName(b), exactName(a))
      operands[.added] = ("\(mark)isolated \(b)", exactName(a))
    }
    var outputs: [LayerGraph.Measure: String] = [:]
    for measure in LayerGraph.Measure.allCases {
      guard let (tensor, reference) = operands[measure] else { continue }
      let name = "\(mark)\(measure.rawValue) \(b)"
      let node = Node(
        domain: OperatorTable.ownDomain, operatorType: Difference.type,
        inputs: [tensor, reference], outputs: [name], opset: 0)
      nodes.append(PlacedNode(place: places[b] ?? -1, rank: .figures, node: node))
      figures.append(name)
      outputs[measure] = name
    }
    return outputs
  }

  func model() -> Model {
    let order = nodes.indices.sorted { a, b in
      (nodes[a].place, nodes[a].rank.rawValue, a) < (nodes[b].place, nodes[b].rank.rawValue, b)
    }
    var model = joint
    model.graph = Graph(
      name: joint.graph.name, inputs: joint.graph.inputs,
      outputs: figures.map { ValueInfo(name: $0) },
      initializers: joint.graph.initializers, nodes: order.map { nodes[$0].node })
    for (name, tensor) in exact.graph.initializers {
      model.graph.initializers[exactName(name)] = tensor
    }
    return model
  }
}
