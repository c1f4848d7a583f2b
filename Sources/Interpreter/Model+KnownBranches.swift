import ONNXGraph
import Tensors

extension Model {
  /// The model with the branches taken of each `If` whose condition follows from constants and from
  /// the sizes of inputs that are declared with fixed ones.
  ///
  /// - Throws: ``ModelError`` for a branch that cannot be read.
  package func takingKnownBranches() throws(ModelError) -> Model {
    var model = self
    // Each round takes the nodes that the one before has brought; the bound is for what nobody
    // thought of.
    for _ in 0..<64 where model.graph.nodes.contains(where: \.isConditional) {
      let inference = Inference(model, inputs: model.fixedInputs)
      guard let next = try model.takingBranches(where: { inference.constant($0)?.truth }) else {
        break
      }
      model = next
    }
    return model
  }

  /// The inputs whose types and sizes are declared.
  private var fixedInputs: [String: ResolvedGraph.Description] {
    var descriptions: [String: ResolvedGraph.Description] = [:]
    for input in graph.inputs {
      guard let elementType = input.elementType, let dimensions = input.dimensions else { continue }
      let sizes = dimensions.compactMap { dimension in
        if case .fixed(let size) = dimension { size } else { nil }
      }
      guard sizes.count == dimensions.count, let shape = try? Shape(validating: sizes) else {
        continue
      }
      descriptions[input.name] = .init(elementType, shape)
    }
    return descriptions
  }
}
