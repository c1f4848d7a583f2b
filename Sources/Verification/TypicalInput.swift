import Detection
import Interpreter
import ONNXGraph
import Surgery
import Tensors

extension Model {
  /// What the graph ends in as far as the types and shapes that are known or declared tell.
  func form(_ known: @escaping TensorLookup = { _ in nil }) -> Form {
    ending(known).form
  }

  private func ending(_ known: @escaping TensorLookup) -> Ending {
    let declared = Dictionary(
      (graph.inputs + graph.outputs + graph.valueInfos).map { ($0.name, $0) }
    ) { first, _ in first }
    return Ending.recognize(graph, metadata: metadata) { name in
      known(name)
        ?? graph.initializers[name].map { TensorDescription($0.elementType, $0.shape) }
        ?? declared[name].flatMap { TensorDescription(declared: $0) }
    }
  }

  /// What the graph ends in when it is run on a typical input, so far as that can be told.
  var typicalForm: Form { typicalEnding.form }

  var typicalEnding: Ending {
    let resolved = try? ResolvedGraph(typical: self)
    return ending { resolved?.tensorDescription(of: $0) }
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
