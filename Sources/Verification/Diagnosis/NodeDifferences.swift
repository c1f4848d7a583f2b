import Detection
import ONNXGraph
import Operators
import Tensors

extension NetworkChange {
  /// The changes of the original that could make it the patched graph, what is likeliest first: nodes
  /// whose attributes differ, another input, nodes whose weights differ.
  static func between(_ models: Pair<Model>, _ joint: JointGraph) -> [NetworkChange] {
    let differences = NodeDifference.all(between: models, joint)
    let ofWeights = differences.filter(\.isOfWeights)
    let others = differences.filter { !$0.isOfWeights }
    func change(_ differences: [NodeDifference]) -> [NetworkChange] {
      differences.isEmpty ? [] : [.nodes(.init(differences))]
    }
    return change(others) + [.channelsReversed, .scaledTwice, .notScaled] + change(ofWeights)
      + (ofWeights.isEmpty || others.isEmpty ? [] : change(differences))
  }
}

/// A node of the original and one of the patched graph that stand for one another and differ in their
/// attributes, or in constants that they read.
private struct NodeDifference {
  /// The original's node, by its place in the graph.
  let place: Int
  /// The original's node with the patched graph's attributes and constants.
  let node: Node
  let constants: [String: Tensor]
  /// Whether weights are what differs.
  let isOfWeights: Bool
  /// Whether the numbers that distance bins stand for are what differs.
  let isOfBins: Bool
  /// Whether the operators are not the same.
  let isOfOperator: Bool
  /// The 16-bit type whose numbers nearest to the original's weights the patched graph has, where
  /// nothing else differs.
  let roundedTo: NarrowType?
  /// The original's node as messages name it, and what differs.
  let text: String

  /// - Returns: `nil` where nothing differs.
  init?(_ nodes: Pair<Node>, at place: Int, constants: Pair<[String: Tensor]>) {
    self.place = place
    var changed = nodes.original
    var taken: [String: Tensor] = [:]
    var found: [String] = []
    var isOfWeights = false
    var isOfBins = false
    var types = Set(NarrowType.allCases)
    if nodes.original.domain != nodes.patched.domain
      || nodes.original.operatorType != nodes.patched.operatorType
    {
      changed.domain = nodes.patched.domain
      changed.operatorType = nodes.patched.operatorType
      changed.opset = nodes.patched.opset
      types = []
      found.append("the operator \(shown: nodes.patched.operatorType)")
    }
    isOfOperator = !found.isEmpty
    for name in Set(nodes.original.attributes.keys).union(nodes.patched.attributes.keys).sorted() {
      let values = nodes.map { $0.attributes[name] }
      guard values.original != values.patched else { continue }
      changed.attributes[name] = values.patched
      types = []
      found.append("\(shown: name) \(values.patched.text), expected \(values.original.text)")
    }
    guard nodes.original.inputs.count == nodes.patched.inputs.count else { return nil }
    for index in nodes.original.inputs.indices {
      let names = nodes.map { $0.inputs[index] }
      guard let original = constants.original[names.original],
        let patched = constants.patched[names.patched],
        original.elementType != patched.elementType || original.shape != patched.shape
          || original != patched
      else { continue }
      let name = "patched: " + names.patched
      taken[name] = patched
      changed.inputs[index] = name
      // A projection by round numbers, as of distance bins onto 0 to 15, was not learned.
      let isProjection = original.shape.rank > 1 && original.isOfRoundNumbers
      isOfBins = isOfBins || nodes.original.accumulates && isProjection && original.countsUp
      let isWeight =
        nodes.original.accumulates && original.elementType.isFloatingPoint && !isProjection
      isOfWeights = isOfWeights || isWeight
      types = types.filter { original.isRounded(to: patched, $0) }
      found.append(Self.text(Pair(original: original, patched: patched), index, isWeight: isWeight))
    }
    guard !found.isEmpty else { return nil }
    node = changed
    self.constants = taken
    self.isOfWeights = isOfWeights
    self.isOfBins = isOfBins
    roundedTo = NarrowType.allCases.first(where: types.contains)
    text = "\(nodes.original.title) has \(found.joined(separator: "; "))"
  }

  private static func text(_ tensors: Pair<Tensor>, _ input: Int, isWeight: Bool) -> String {
    let what = isWeight ? (input == 2 ? "another bias" : "other weights") : "another input \(input)"
    guard tensors.original.shape == tensors.patched.shape else {
      return "\(what) of shape \(tensors.patched.shape), expected \(tensors.original.shape)"
    }
    let (before, after) = (tensors.original.doubles(), tensors.patched.doubles())
    let different = zip(before, after).count { $0 != $1 }
    guard before.count > 4 else {
      return "\(what) \(after.text), expected \(before.text)"
    }
    let largest = zip(before, after).map { abs($0 - $1) }.max() ?? 0
    return "\(what): \(different) of \(before.count) elements differ, by up to "
      + Figure(largest).text
  }

  /// The nodes that only one of the graphs has, paired where each graph has as many of an operator,
  /// in the graphs' order, and by what they are called otherwise.
  static func all(between models: Pair<Model>, _ joint: JointGraph) -> [NodeDifference] {
    let shared = Set(joint.names.original.values).intersection(joint.names.patched.values)
    let constants = models.map { $0.graph.constants }
    let groups = models.with(joint.names).map { model, names in
      Dictionary(
        grouping: model.graph.nodes.indices.filter { index in
          let node = model.graph.nodes[index]
          guard let name = node.outputs.first.flatMap({ names[$0] }) else { return false }
          return node.constantValue == nil && !shared.contains(name)
        }
      ) { [model.graph.nodes[$0].domain, model.graph.nodes[$0].operatorType] }
    }
    let isEven = groups.original.mapValues(\.count).filter { groups.patched[$0]?.count == $1 }
    let even = isEven.keys.flatMap { key in
      zip(groups.original[key] ?? [], groups.patched[key] ?? []).map {
        Pair(original: $0, patched: $1)
      }
    }
    let others = groups.map { $0.filter { isEven[$0.key] == nil }.values.joined().sorted() }
    let called = others.original.compactMap { place in
      let node = models.original.graph.nodes[place]
      let other = others.patched.first { models.patched.graph.nodes[$0].isCalledLike(node) }
      return other.map { Pair(original: place, patched: $0) }
    }
    let pairs = even + called
    return pairs.sorted { $0.original < $1.original }.compactMap { places in
      NodeDifference(
        models.with(places).map { model, place in model.graph.nodes[place] }, at: places.original,
        constants: constants)
    }
  }
}

extension NetworkChange.NodeChange {
  /// Nodes told one by one.
  private static let toldLimit = 3
  /// Nodes that are tried one by one.
  private static let partsLimit = 8

  fileprivate init(_ differences: [NodeDifference]) {
    let told = differences.prefix(Self.toldLimit).map(\.text).joined(separator: "; ")
    let more = differences.count - Self.toldLimit
    let areResizes = differences.allSatisfy { $0.node.applies(Resize.self) }
    let types = Set(differences.map(\.roundedTo))
    let rounded = types.count == 1 ? types.first ?? nil : nil
    self.init(
      id: rounded?.rawValue
        ?? (differences.contains(where: \.isOfWeights)
          ? "weights"
          : differences.contains(where: \.isOfOperator)
            ? "node-operator"
            : differences.allSatisfy(\.isOfBins)
              ? "dfl-bins" : areResizes ? "node-resize-mode" : "node-attributes"),
      text: rounded.map {
        "the weights of \(differences.count) nodes are the \($0.rawValue) numbers nearest to the "
          + "original's: rounding, not a bug"
      } ?? (told + (more > 0 ? "; and \(more) nodes more" : "")),
      nodes: Dictionary(differences.map { ($0.place, $0.node) }) { first, _ in first },
      constants: differences.reduce(into: [:]) { $0.merge($1.constants) { first, _ in first } },
      parts: (2...Self.partsLimit).contains(differences.count)
        ? differences.map { Self([$0]) } : [])
  }
}

extension Node {
  fileprivate var accumulates: Bool {
    domain.isEmpty && OperatorTable.accumulates(anyOf: [operatorType])
  }

  fileprivate func isCalledLike(_ other: Node) -> Bool {
    outputs.count == other.outputs.count
      && (!name.isEmpty && name == other.name || outputs.first == other.outputs.first)
  }
}

extension Graph {
  /// Initializers and what Constant nodes make.
  fileprivate var constants: [String: Tensor] {
    nodes.reduce(into: initializers) { constants, node in
      if let value = node.constantValue { constants[node.outputs[0]] = value }
    }
  }
}

extension Tensor {
  /// Whether the elements are 0, 1, 2 and so on.
  fileprivate var countsUp: Bool {
    shape.elementCount > 1 && doubles().enumerated().allSatisfy { Double($0) == $1 }
  }

  /// Whether another tensor holds a 16-bit type's numbers nearest to this one's.
  fileprivate func isRounded(to other: Tensor, _ type: NarrowType) -> Bool {
    guard elementType == .float32, other.elementType == .float32, shape == other.shape else {
      return false
    }
    return withElements(of: Float.self) { values in
      other.withElements(of: Float.self) { others in
        zip(values, others).allSatisfy { type.rounded($0) == $1 }
      }
    }
  }
}

extension [Double] {
  fileprivate var text: String { "[" + map { Figure($0).text }.joined(separator: ", ") + "]" }
}

extension Attribute? {
  /// The value as messages tell it.
  fileprivate var text: String {
    switch self {
    case nil: "absent"
    case .int(let value): "\(value)"
    case .float(let value): Figure(value).text
    case .string(let value): value.shown
    case .ints(let values): "[" + String.shownList(values.map(String.init)) + "]"
    case .floats(let values): "[" + String.shownList(values.map { Figure($0).text }) + "]"
    case .strings(let values): "[" + String.shownList(values) + "]"
    case .tensor(let value): "a tensor of shape \(value.shape)"
    case .other(let kind): kind.shown
    }
  }
}
