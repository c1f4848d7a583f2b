import Detection
import Interpreter
import ONNXGraph
import Tensors

extension ResolvedGraph {
  /// The graph for the shapes it declares, with 1 for an open batch and 640 for open sizes of an
  /// image.
  ///
  /// - Throws: ``InterpreterError`` when that does not settle every input or the graph cannot be
  ///   resolved.
  package init(typical model: Model) throws(InterpreterError) {
    try self.init(model, inputs: try model.typicalInputs())
  }

  /// What Detection wants to know of a tensor.
  package func tensorDescription(of name: String) -> TensorDescription? {
    description(of: name).map { TensorDescription($0.elementType, $0.shape) }
  }
}

extension Model {
  /// A type and shape for each input: the declared one, with `batch` for an open batch and
  /// `height` and `width` for open sizes of an image.
  package func typicalInputs(
    batch: Int = 1, height: Int = 640, width: Int = 640
  ) throws(InterpreterError) -> [String: ResolvedGraph.Description] {
    var inputs: [String: ResolvedGraph.Description] = [:]
    for input in graph.inputs {
      guard let elementType = input.elementType, let dimensions = input.dimensions else {
        throw InterpreterError("input '\(shown: input.name)' declares no type or shape")
      }
      let sizes = dimensions.enumerated().map { axis, dimension in
        if case .fixed(let size) = dimension { return size }
        return axis == 0 ? batch : axis == 2 ? height : width
      }
      let isSettled = dimensions.count == 4 || !dimensions.contains(where: \.isOpen)
      guard isSettled, let shape = try? Shape(validating: sizes),
        shape.elementCount * elementType.byteCount <= RunLimits.standardMemory
      else {
        let declared = dimensions.map(\.description).joined(separator: ",")
        throw InterpreterError(
          "input '\(shown: input.name)' is declared [\(declared)], expected an image")
      }
      inputs[input.name] = ResolvedGraph.Description(elementType, shape)
    }
    return inputs
  }
}

extension Dimension {
  /// Whether the size is left open.
  package var isOpen: Bool {
    if case .fixed = self { false } else { true }
  }
}
