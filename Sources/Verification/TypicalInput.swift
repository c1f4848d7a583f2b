import Detection
import Interpreter
import ONNXGraph
import Tensors

extension ResolvedGraph {
  /// The graph for the shapes it declares, with 1 for an open batch and 640 for open sizes of an
  /// image; `nil` when that does not settle every input or the graph cannot be resolved.
  init?(typical model: Model) {
    var inputs: [String: Description] = [:]
    for input in model.graph.inputs {
      guard let elementType = input.elementType, let dimensions = input.dimensions else {
        return nil
      }
      let sizes = dimensions.enumerated().map { axis, dimension in
        if case .fixed(let size) = dimension { size } else { axis == 0 ? 1 : 640 }
      }
      let isImage = dimensions.count == 4
      guard isImage || !dimensions.contains(where: { $0.isOpen }),
        let shape = try? Shape(validating: sizes)
      else { return nil }
      inputs[input.name] = Description(elementType, shape)
    }
    guard let resolved = try? ResolvedGraph(model, inputs: inputs) else { return nil }
    self = resolved
  }
}

extension Model {
  /// What the graph ends in as far as the types and shapes that are known or declared tell.
  func form(_ known: @escaping TensorLookup = { _ in nil }) -> Form {
    Ending.recognize(graph, metadata: metadata) { name in
      known(name) ?? graph.valueInfo(of: name).flatMap { TensorDescription(declared: $0) }
    }.form
  }

  /// What the graph ends in when it is run on a typical input, so far as that can be told.
  var typicalForm: Form {
    let resolved = ResolvedGraph(typical: self)
    return form { resolved?.tensorDescription(of: $0) }
  }
}

extension TensorDescription {
  /// What a graph declares, when it declares every dimension.
  fileprivate init?(declared info: ValueInfo) {
    guard let elementType = info.elementType, let dimensions = info.dimensions else { return nil }
    var sizes: [Int] = []
    for dimension in dimensions {
      guard case .fixed(let size) = dimension else { return nil }
      sizes.append(size)
    }
    guard let shape = try? Shape(validating: sizes) else { return nil }
    self.init(elementType, shape)
  }
}

extension ResolvedGraph {
  /// What Detection wants to know of a tensor.
  func tensorDescription(of name: String) -> TensorDescription? {
    description(of: name).map { TensorDescription($0.elementType, $0.shape) }
  }
}

extension Dimension {
  fileprivate var isOpen: Bool {
    if case .fixed = self { false } else { true }
  }
}
