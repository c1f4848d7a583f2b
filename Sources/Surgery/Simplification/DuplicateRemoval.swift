import ONNXGraph
import Operators
import Tensors

/// Leaves one of equal initializers, and one of nodes that compute the same of the same.
enum DuplicateRemoval: SimplificationPass {
  static func applied(to model: Model) throws(ModelError) -> Graph? {
    let graph = model.graph
    var numbering = ValueNumbering()
    var names: [ValueNumbering.Number: String] = [:]
    var numbers: [String: ValueNumbering.Number] = [:]
    var rewrite = GraphRewrite(graph)
    for (index, input) in graph.inputs.enumerated() {
      numbers[input.name] = numbering.number(ofInput: index)
    }
    func take(_ name: String, _ number: ValueNumbering.Number) {
      numbers[name] = number
      if let first = names[number] {
        rewrite.substitute(name, by: first)
      } else {
        names[number] = name
      }
    }
    for name in graph.initializers.keys.sorted() {
      take(name, numbering.number(of: graph.initializers[name]!))
    }
    for node in graph.nodes {
      // What graphs among its attributes read is nothing the numbering sees, and an operator that is
      // not known may give another result each time.
      let isOpaque =
        node.definition == nil || node.reads.count != node.inputs.count(where: { !$0.isEmpty })
      let inputs = node.inputs.map { numbers[$0] }
      let (results, isNew) = numbering.numbers(
        of: node, opset: node.opset ?? model.opsets[node.domain] ?? 0, inputs: inputs)
      for (name, number) in zip(node.outputs, results) where !name.isEmpty {
        if isNew || isOpaque {
          numbers[name] = number
          if names[number] == nil { names[number] = name }
        } else {
          take(name, number)
        }
      }
    }
    return rewrite.isEmpty ? nil : try rewrite.applied(to: graph)
  }
}
