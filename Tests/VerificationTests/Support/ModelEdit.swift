import ONNXGraph
import Tensors
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

extension Model {
  /// Changes the node of this name.
  mutating func edit(_ name: String, _ change: (inout Node) -> Void) {
    change(&graph.nodes[index(of: name)])
  }

  /// Changes the float32 elements of an initializer.
  mutating func editWeights(_ name: String, _ change: (inout [Float]) -> Void) {
    guard let tensor = graph.initializers[name] else { preconditionFailure("no tensor \(name)") }
    var values = tensor.elements(of: Float.self)
    change(&values)
    graph.initializers[name] = Tensor(values, shape: tensor.shape)
  }

  /// Puts a node of one input and one output behind tensor `name`, for all that read it.
  ///
  /// - Parameter constants: further inputs of the node.
  mutating func insert(
    _ operatorType: String, behind name: String, constants: [Tensor] = [],
    attributes: [String: Attribute] = [:]
  ) {
    let inner = name + ".before \(operatorType)"
    let isInput = graph.inputs.contains { $0.name == name }
    if isInput {
      for index in graph.nodes.indices {
        graph.nodes[index].inputs = graph.nodes[index].inputs.map { $0 == name ? inner : $0 }
      }
    } else {
      for index in graph.nodes.indices {
        graph.nodes[index].outputs = graph.nodes[index].outputs.map { $0 == name ? inner : $0 }
      }
    }
    let names = constants.indices.map { "\(inner) constant \($0)" }
    for (name, tensor) in zip(names, constants) { graph.initializers[name] = tensor }
    let node = Node(
      operatorType: operatorType, name: "inserted \(operatorType) at \(name)",
      inputs: [isInput ? name : inner] + names, outputs: [isInput ? inner : name],
      attributes: attributes)
    let place = graph.nodes.firstIndex { $0.outputs.contains(inner) }.map { $0 + 1 } ?? 0
    graph.nodes.insert(node, at: place)
  }

  /// Removes a node of one input; who read its output reads its input.
  mutating func bypass(_ name: String) {
    let node = graph.nodes.remove(at: index(of: name))
    for index in graph.nodes.indices {
      graph.nodes[index].inputs = graph.nodes[index].inputs.map {
        $0 == node.outputs[0] ? node.inputs[0] : $0
      }
    }
  }

  private func index(of name: String) -> Int {
    guard let index = graph.nodes.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("no node \(name)")
    }
    return index
  }
}
