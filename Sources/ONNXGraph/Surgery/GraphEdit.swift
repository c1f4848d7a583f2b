/// A change to a graph, as a value: applied with ``Graph/applying(_:)-(GraphEdit...)``.
///
/// Edits name nodes by a tensor they make, which is unique; names of nodes need not be.
public struct GraphEdit: Sendable {
  fileprivate let change: @Sendable (inout Graph) throws(ModelError) -> Void

  /// - Parameter change: throws ``ModelError`` where the graph is not one it can be made to. The
  ///   invariants of the whole graph are checked after all edits.
  public init(_ change: @escaping @Sendable (inout Graph) throws(ModelError) -> Void) {
    self.change = change
  }
}

extension Graph {
  /// The graph with `edits` made one after another, all or none, its nodes in an order that can be
  /// run.
  ///
  /// - Throws: ``ModelError`` when an edit does not fit, or what comes of all of them breaks an
  ///   invariant.
  public func applying(_ edits: GraphEdit...) throws(ModelError) -> Graph { try applying(edits) }

  /// The graph with `edits` made one after another, all or none.
  public func applying(_ edits: [GraphEdit]) throws(ModelError) -> Graph {
    var graph = self
    for edit in edits { try edit.change(&graph) }
    return try graph.validated()
  }
}

extension GraphEdit {
  /// Leaves out nodes and initializers that no output needs.
  public static var prune: GraphEdit {
    GraphEdit { (graph) throws(ModelError) in graph = graph.pruned() }
  }

  /// Puts the nodes in an order that can be run: the order they have where that is one.
  public static var sort: GraphEdit {
    GraphEdit { (graph) throws(ModelError) in graph = try graph.validated() }
  }

  /// Leaves the part that makes `outputs` out of `inputs`; see ``Graph/extract(inputs:outputs:)``.
  public static func cut(inputs: [String], outputs: [String]) -> GraphEdit {
    GraphEdit { (graph) throws(ModelError) in
      graph = try graph.extract(inputs: inputs, outputs: outputs)
    }
  }

  /// Declares what the graph gives out.
  public static func setOutputs(_ outputs: [ValueInfo]) -> GraphEdit {
    GraphEdit { (graph) throws(ModelError) in
      graph.outputs = outputs
      let names = Set(outputs.map(\.name))
      graph.valueInfos.removeAll { names.contains($0.name) }
    }
  }

  /// Declares types and shapes of tensors in between, in place of what was declared of them.
  public static func declare(_ infos: [ValueInfo]) -> GraphEdit {
    GraphEdit { (graph) throws(ModelError) in
      let names = Set(infos.map(\.name))
      graph.valueInfos.removeAll { names.contains($0.name) }
      graph.valueInfos += infos
    }
  }
}
