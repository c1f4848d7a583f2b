import ONNXGraph
import Operators
import Tensors

/// The types and shapes of a model's tensors as far as they can be worked out, and everything that
/// is wrong on the way: where ``ResolvedGraph`` stops at the first error, this goes on with what does
/// not depend on it.
package struct Inference: Sendable {
  /// What an operator said of one node.
  package struct Problem: Sendable {
    package let node: Node
    package let text: String
  }

  package let problems: [Problem]
  private let operands: [String: Operand]

  /// - Parameter inputs: a type and shape for each of the graph's inputs that is known.
  package init(
    _ model: Model, inputs: [String: ResolvedGraph.Description], limits: RunLimits = RunLimits()
  ) {
    var resolver = Resolver(model: model, limits: limits, convolution: .fastest)
    for (name, input) in inputs {
      resolver.operands[name] = Operand(elementType: input.elementType, shape: input.shape)
    }
    let table = OperatorTable()
    var problems: [Problem] = []
    for node in model.graph.nodes where table(node, opset: model.opset(of: node)) != nil {
      do {
        try resolver.resolve(node)
      } catch {
        problems.append(Problem(node: node, text: error.description))
      }
    }
    self.problems = problems
    operands = resolver.operands
  }

  package func description(of tensor: String) -> ResolvedGraph.Description? {
    operands[tensor].map { ResolvedGraph.Description($0.elementType, $0.shape) }
  }

  /// A tensor's value, when it does not depend on what the graph is fed.
  package func constant(_ tensor: String) -> Tensor? { operands[tensor]?.value }
}
