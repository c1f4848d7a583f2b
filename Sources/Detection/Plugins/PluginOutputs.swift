import ONNXGraph
import Tensors

/// Which of the graph's outputs stand for the plugin's four.
struct PluginOutputs {
  /// The tensors to read, in the plugin's order.
  private(set) var tensors: [String] = []
  /// Outputs that stand for none of the four.
  private(set) var others: [String] = []
  private(set) var differences: [String] = []
  private(set) var notes: [String] = []

  private static let meanings = ["number of rows", "boxes", "scores", "classes"]

  private let structure: GraphStructure
  /// The sets of names that standard exports give the four.
  private let standardNames: [[String]]

  /// An output that has one of the standard names is read by that name by those who use the engine;
  /// any other is read by its place. Either has to lead back to that output of the plugin.
  init(_ node: Node, names standardNames: [[String]], structure: GraphStructure) {
    self.structure = structure
    self.standardNames = standardNames
    let names = structure.graph.outputs.map(\.name)
    let reached = names.map { structure.outputs(of: node, reaching: $0) }
    var carriers: [Int: [String]] = [:]
    for (name, places) in zip(names, reached) {
      let standard = standardPlace(of: name)
      if let standard, !places.contains(standard) {
        let found = places.sorted().map { Self.meanings[$0] }.joined(separator: " and ")
        differences.append(
          "output '\(shown: name)' carries \(found.isEmpty ? "nothing" : "the \(found)") of the plugin, "
            + "expected its \(Self.meanings[standard])")
      }
      let place = standard.flatMap { places.contains($0) ? $0 : nil } ?? places.min()
      if let place { carriers[place, default: []].append(name) }
    }
    for (place, meaning) in Self.meanings.enumerated() {
      let carrier =
        carriers[place]?.first { standardPlace(of: $0) == place } ?? carriers[place]?.first
      let own = node.outputs.indices.contains(place) ? node.output(place) : ""
      if carrier == nil {
        differences.append(
          "the graph does not give out the plugin's \(meaning)" + (own.isEmpty ? "" : " (\(own))"))
      }
      tensors.append(carrier ?? own)
    }
    others = names.filter { !tensors.contains($0) }
    checkOrder(names)
    checkKinds(node)
  }

  /// Whether a tensor cannot hold what the plugin gives: another number of elements, fractions as whole
  /// numbers, or numbers as truth values.
  private func loses(
    _ place: Int, _ own: TensorDescription, _ given: TensorDescription
  ) -> Bool {
    let isNumber = given.elementType != .bool && given.elementType != .uint8
    let isFraction = place == 1 || place == 2
    return own.shape.elementCount != given.shape.elementCount || !isNumber
      || isFraction && !given.elementType.isFloatingPoint
  }

  /// Reads boxes, scores and classes off one output instead.
  mutating func replace(by joined: JoinedPluginRows) {
    differences = joined.differences
    notes = []
    others.removeAll { $0 == joined.rows.table.boxes.tensor }
  }

  /// Which of the four a standard name means.
  private func standardPlace(of name: String) -> Int? {
    standardNames.lazy.compactMap { $0.firstIndex(of: name) }.first
  }

  private mutating func checkOrder(_ names: [String]) {
    let places = tensors.compactMap { names.firstIndex(of: $0) }
    guard differences.isEmpty, places != places.sorted() else { return }
    if standardNames.contains(tensors) {
      notes.append(
        "the outputs are not in the plugin's order, which matters to who reads them by place")
    } else {
      differences.append("the outputs have neither the plugin's names nor its order")
    }
  }

  /// What the plugin makes is known; a node behind it may have changed type or shape.
  private mutating func checkKinds(_ node: Node) {
    for (place, tensor) in tensors.enumerated() {
      guard node.outputs.indices.contains(place), tensor != node.output(place),
        let own = structure.lookup(node.output(place)), let given = structure.lookup(tensor),
        loses(place, own, given)
      else { continue }
      differences.append(
        "output '\(shown: tensor)' is \(given.elementType)\(given.shape), expected "
          + "\(own.elementType)\(own.shape): the plugin's \(Self.meanings[place])")
    }
  }
}
