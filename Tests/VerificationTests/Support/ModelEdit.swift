import ONNXGraph
import Testing

/// A named change to a model.
struct ModelEdit: Sendable, CustomTestStringConvertible {
  let testDescription: String
  private let change: @Sendable (inout Model) -> Void

  init(_ title: String, change: @escaping @Sendable (inout Model) -> Void) {
    testDescription = title
    self.change = change
  }

  func callAsFunction(_ model: Model) -> Model {
    var changed = model
    change(&changed)
    return changed
  }
}

extension Graph {
  /// Changes the node of this name.
  mutating func edit(_ name: String, _ change: (inout Node) -> Void) {
    guard let index = nodes.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("no node \(name)")
    }
    change(&nodes[index])
  }
}
