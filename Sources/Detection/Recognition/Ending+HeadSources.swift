import ONNXGraph
import Operators
import Tensors

extension Ending {
  /// The head maps that the graph's end is made from, as the last operators that mix channels leave
  /// them, before any sigmoid: `[N, a*c, H, W]`, finest first.
  ///
  /// - Returns: `nil` where the end is made from no such maps, or not from one for each scale.
  package func headSources(in graph: Graph, lookup: @escaping TensorLookup) -> [HeadMap]? {
    let maps = yoloLayer?.maps ?? self.maps?.maps ?? decodedHeads
    let structure = GraphStructure(graph, lookup: lookup)
    let sources = maps.compactMap { structure.source(of: $0) }
    guard !maps.isEmpty, sources.count == maps.count, Set(sources.map(\.name)).count == maps.count
    else { return nil }
    return sources.finestFirst
  }
}

extension GraphStructure {
  /// The one result of an operator that mixes channels which a head map is made from, when it is a
  /// map of the same cells.
  fileprivate func source(of map: HeadMap) -> HeadMap? {
    var sources: Set<String> = []
    var seen: Set<String> = []
    var pending = [map.name]
    while let tensor = pending.popLast() {
      guard seen.insert(tensor).inserted else { continue }
      guard let node = producer(of: tensor) else { return nil }
      if node.mixesChannels {
        sources.insert(tensor)
      } else {
        pending += data(of: node)
      }
    }
    guard sources.count == 1, let name = sources.first, let shape = lookup(name)?.shape,
      let source = HeadMap(name: name, shape: shape, axes: .merged, anchors: map.anchors),
      source.channels == map.channels, source.rows == map.rows, source.columns == map.columns
    else { return nil }
    return source
  }
}
