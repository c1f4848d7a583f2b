import Interpreter
import Kernels
import ONNXGraph
import Operators
import Tensors

/// Which tensors of two graphs are to be the same: by content, then by name, then by structure.
struct LayerPairing {
  struct Entry {
    /// The joint graph's names.
    let original: String
    let patched: String
    let by: LayerReport.Pairing
    /// What makes the patched graph's.
    let node: Node
    /// What the layer reads, under the joint graph's names.
    let reads: Pair<[String]>
  }

  /// In the order of the patched graph.
  private(set) var entries: [Entry] = []
  /// For tensors of the patched graph, the original's.
  private(set) var partners: [String: String] = [:]
  /// Layers that only one graph has.
  private(set) var unpaired = Pair(original: 0, patched: 0)

  private let sides: Pair<LayerSide>
  private let joint: ResolvedGraph
  private let team: ThreadTeam
  private var taken: Set<Int> = []

  /// - Parameters:
  ///   - inputs: the joint graph's names of the graphs' inputs.
  ///   - sharesInput: whether both are fed one tensor.
  init(
    _ joint: ResolvedGraph, names: Pair<[String: String]>, outputs: Pair<Set<String>>,
    inputs: Pair<String>, sharesInput: Bool, team: ThreadTeam
  ) {
    self.joint = joint
    self.team = team
    sides = names.with(outputs).map { LayerSide(joint, names: $0, outputs: $1) }
    if sharesInput { partners[inputs.patched] = inputs.original }
    for (index, layer) in sides.original.layers.enumerated()
    where layer.results.contains(where: { sides.patched.localNames[$0] != nil }) {
      taken.insert(index)
    }
    for layer in sides.patched.layers { pair(layer) }
    unpaired.original = sides.original.layers.count - taken.count
  }

  private mutating func pair(_ layer: LayerSide.Layer) {
    if layer.results.contains(where: { sides.original.localNames[$0] != nil }) {
      for node in layer.nodes { add(node, node, by: .content, reads: Pair(both: node)) }
      return
    }
    let candidates = sides.original.layers.indices.filter {
      !taken.contains($0) && isAlike(sides.original.layers[$0], layer)
    }
    if let index = candidates.first(where: { hasSameName(sides.original.layers[$0], layer) }) {
      add(index, layer, by: .name)
    } else if let index = closest(
      to: layer, among: candidates.filter { readsTheSame(sides.original.layers[$0], layer) })
    {
      add(index, layer, by: .structure)
    } else {
      unpaired.patched += 1
    }
  }

  // MARK: What goes with what

  /// Whether two layers may be a pair: of one operator and shape, and reading nothing that is paired
  /// otherwise.
  private func isAlike(_ original: LayerSide.Layer, _ patched: LayerSide.Layer) -> Bool {
    guard original.head.operatorType == patched.head.operatorType, patched.head.domain.isEmpty,
      original.head.domain.isEmpty, original.results.count == patched.results.count,
      zip(original.results, patched.results).allSatisfy({ shape($0) == shape($1) }),
      shape(patched.results[0]) != nil
    else { return false }
    let (reads, expected) = (reads(original), partners(of: patched))
    guard reads.count == expected.count else { return false }
    return patched.head.commutes
      ? Set(expected.compactMap { $0 }).isSubset(of: reads)
      : zip(reads, expected).allSatisfy { $1 == nil || $0 == $1 }
  }

  private func readsTheSame(_ original: LayerSide.Layer, _ patched: LayerSide.Layer) -> Bool {
    let expected = partners(of: patched).compactMap { $0 }
    guard !expected.isEmpty else { return false }
    return patched.head.commutes
      ? Set(expected) == Set(reads(original)) : expected == reads(original)
  }

  private func hasSameName(_ original: LayerSide.Layer, _ patched: LayerSide.Layer) -> Bool {
    let names = sides.original.localNames[original.results[0]]
    return names != nil && names == sides.patched.localNames[patched.results[0]]
      || !patched.head.name.isEmpty && original.head.name == patched.head.name
  }

  /// The layer whose weights are closest, the first of several.
  private func closest(to layer: LayerSide.Layer, among indices: [Int]) -> Int? {
    guard indices.count > 1, let weights = sides.patched.weights(layer.head),
      weights.elementType.isFloatingPoint
    else { return indices.first }
    let distances = indices.map { index -> Double in
      guard let other = sides.original.weights(sides.original.layers[index].head),
        other.shape == weights.shape, other.elementType.isFloatingPoint
      else { return .infinity }
      return ErrorFigures(of: weights, from: other, team: team).relativeRMSError
    }
    return zip(indices, distances).min { $0.1 < $1.1 }?.0
  }

  private func reads(_ layer: LayerSide.Layer) -> [String] {
    sides.original.dataInputs(layer.head)
  }

  private func partners(of layer: LayerSide.Layer) -> [String?] {
    sides.patched.dataInputs(layer.head).map { partners[$0] }
  }

  private func shape(_ tensor: String) -> Shape? { joint.description(of: tensor)?.shape }

  // MARK: Pairs

  private mutating func add(_ index: Int, _ layer: LayerSide.Layer, by pairing: LayerReport.Pairing)
  {
    taken.insert(index)
    let original = sides.original.layers[index]
    if original.nodes.map(\.operatorType) == layer.nodes.map(\.operatorType) {
      for (a, b) in zip(original.nodes, layer.nodes) {
        add(a, b, by: pairing, reads: Pair(original: a, patched: b))
      }
    } else {
      add(
        original.nodes.last!, layer.nodes.last!, by: pairing,
        reads: Pair(original: original.head, patched: layer.head))
    }
  }

  private mutating func add(
    _ original: Node, _ patched: Node, by pairing: LayerReport.Pairing, reads: Pair<Node>
  ) {
    for (a, b) in zip(original.outputs, patched.outputs) where joint.isData(a) && joint.isData(b) {
      guard partners[b] == nil else { continue }
      partners[b] = a
      entries.append(
        Entry(
          original: a, patched: b, by: a == b ? .content : pairing, node: patched,
          reads: sides.with(reads).map { $0.dataInputs($1) }))
    }
  }
}

extension Node {
  fileprivate var commutes: Bool { definition?.commutes ?? false }
}
