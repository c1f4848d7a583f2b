import ONNXGraph

extension Ending {
  /// The graph's head maps `[N, a*c, H, W]`, finest first: those its rows are decoded from, its
  /// outputs, or what outputs of five axes are rearranged from.
  ///
  /// - Returns: `nil` when there are none, or the way back to them is not known.
  package func mergedHeads(in graph: Graph, lookup: @escaping TensorLookup) -> [HeadMap]? {
    if suppression == nil, !decodedHeads.isEmpty { return decodedHeads }
    guard let maps = maps?.maps else { return nil }
    if maps.allSatisfy({ $0.axes == .merged }) { return maps }
    return GraphStructure(graph, lookup: lookup).heads(
      behind: maps.map(\.name), channels: maps[0].channels, cellCount: maps.layout.cellCount)
  }

  /// Whether a tensor has been through a sigmoid since the last convolution.
  package static func isThroughSigmoid(
    _ tensor: String, in graph: Graph, lookup: @escaping TensorLookup
  ) -> Bool {
    GraphStructure(graph, lookup: lookup).isThroughSigmoid(tensor)
  }
}
