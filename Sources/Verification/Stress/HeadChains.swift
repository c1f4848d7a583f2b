import Detection
import ONNXGraph
import Tensors

/// Where the ends of two graphs may be cut whose head maps are not proven to be the same: for each
/// graph and each map, finest first, the result of the last operator that mixes channels and the
/// tensors of its shape that are made from it alone: with a bias added, scaled, normalised, negated,
/// its channels permuted.
struct HeadChains: Sendable {
  let chains: Pair<[[String]]>

  /// - Returns: `nil` where a graph has no head maps, or both compute the same ones.
  init?(
    _ models: Pair<LoadedModel>, _ endings: Pair<Ending>, _ lookups: Pair<TensorLookup>,
    _ joint: JointGraph
  ) {
    let heads = models.with(endings).with(lookups).map { side in
      let ((model, ending), lookup) = side
      return ending.headSources(in: model.model.graph, lookup: lookup)
    }
    guard let original = heads.original, let patched = heads.patched,
      original.count == patched.count,
      !zip(original, patched).allSatisfy({
        joint.names.original[$0.name] == joint.names.patched[$1.name]
      })
    else { return nil }
    chains = models.with(Pair(original: original, patched: patched)).with(lookups).map { side in
      let ((model, heads), lookup) = side
      return heads.map { model.model.graph.chain(from: $0.name, lookup) }
    }
  }

  /// The head maps themselves.
  var heads: Pair<[String]> { chains.map { $0.compactMap(\.first) } }

  var observed: Pair<[String]> { chains.map { $0.flatMap(\.self) } }

  /// For each graph, the first tensor of each chain that is the same in both on an image.
  ///
  /// - Throws: that there is none.
  func cut(_ results: Pair<[String: Tensor]>, tolerance: Double) throws(Refusal) -> Pair<[String]> {
    var names = Pair<[String]>(both: [])
    for (original, patched) in zip(chains.original, chains.patched) {
      var candidates = original.indices.flatMap { a in patched.indices.map { (a, $0) } }
      candidates.sort { $0.0 + $0.1 < $1.0 + $1.1 }
      let found = candidates.first { a, b in
        guard let left = results.original[original[a]], let right = results.patched[patched[b]],
          left.shape == right.shape
        else { return false }
        return TensorComparison(original: left, patched: right, tolerance: tolerance).agrees
      }
      guard let (a, b) = found else {
        throw Refusal("the head maps of the two graphs are not the same on the image")
      }
      names.original.append(original[a])
      names.patched.append(patched[b])
    }
    return names
  }
}

extension Graph {
  /// A tensor and those of its shape that are made from it alone, up to the decode.
  func chain(from tensor: String, _ lookup: TensorLookup) -> [String] {
    let lengthLimit = 5
    let decoding: Set = ["Sigmoid", "Softmax", "Exp", "Identity", "Cast"]
    let constants = Set(initializers.keys).union(
      nodes.filter { $0.operatorType == "Constant" }.flatMap(\.outputs))
    let given = Set(outputs.map(\.name))
    var chain = [tensor]
    while chain.count < lengthLimit, let last = chain.last, !given.contains(last) {
      let readers = nodes.filter { $0.inputs.contains(last) }
      guard readers.count == 1, let node = readers.first, let output = node.outputs.first,
        !decoding.contains(node.operatorType),
        node.inputs.allSatisfy({ $0 == last || $0.isEmpty || constants.contains($0) }),
        let shape = lookup(last)?.shape, lookup(output)?.shape == shape
      else { break }
      chain.append(output)
    }
    return chain
  }
}
