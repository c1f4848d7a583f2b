import Interpreter
import ONNXGraph
import Operators
import Tensors

/// Computes what depends on no input and makes it initializers; Constant nodes become such, too.
enum ConstantFolding: SimplificationPass {
  /// Results larger than this are left to be computed in the run.
  private static let largestResult = 64 << 20

  static func applied(to model: Model) throws(ModelError) -> Graph? {
    let graph = model.graph
    var constants = Set(graph.initializers.keys)
    var folding: [Node] = []
    var rewrite = GraphRewrite(graph)
    for node in graph.nodes {
      if let value = node.constantValue, !node.output(0).isEmpty {
        rewrite.fold(node.output(0), to: value)
        constants.insert(node.output(0))
        folding.append(node)
      } else if canFold(node, constants) {
        constants.formUnion(node.outputs)
        folding.append(node)
      }
    }
    guard !folding.isEmpty else { return nil }
    for (name, value) in values(of: folding, model) { rewrite.fold(name, to: value) }
    return rewrite.isEmpty ? nil : try rewrite.applied(to: graph)
  }

  private static func canFold(_ node: Node, _ constants: Set<String>) -> Bool {
    node.domain.isEmpty && !(node.definition?.isRandom ?? true) && !node.inputs.isEmpty
      && node.reads.allSatisfy(constants.contains)
      && node.inputs.allSatisfy { $0.isEmpty || constants.contains($0) }
  }

  /// What the nodes make, where the interpreter has their operators and they run.
  private static func values(of nodes: [Node], _ model: Model) -> [String: Tensor] {
    var part = model
    part.graph = Graph(
      inputs: [], outputs: [], initializers: model.graph.initializers, nodes: nodes)
    let inference = Inference(part, inputs: [:])
    var values: [String: Tensor] = [:]
    for node in nodes where node.constantValue == nil {
      for output in node.outputs where !output.isEmpty {
        guard let value = inference.constant(output), value.byteCount <= largestResult else {
          continue
        }
        values[output] = value
      }
    }
    return values
  }
}
