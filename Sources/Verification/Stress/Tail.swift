import Detection
import Interpreter
import ONNXGraph
import Tensors

/// The end of one graph, cut off at its head maps.
struct Tail {
  /// The end alone.
  let model: LoadedModel
  /// The maps that are fed: logits, `[N, a*c, H, W]`, finest first.
  let heads: [HeadMap]
  let shapes: [Shape]
  let elementTypes: [ElementType]
  /// What else the end reads: the image, for its shape.
  let images: [String: Tensor]
  private let outputs: [String]

  /// - Parameters:
  ///   - image: the image input and a tensor to feed it.
  ///   - cut: tensors to be fed in the place of the head maps, finest first.
  /// - Throws: why the end cannot be cut off.
  init(
    _ model: LoadedModel, _ ending: Ending, _ lookup: @escaping TensorLookup,
    image: (name: String, tensor: Tensor), cut: [String]? = nil
  ) throws(Refusal) {
    let graph = model.model.graph
    guard var heads = ending.headSources(in: graph, lookup: lookup) else {
      throw Refusal("\(model.path) does not decode the maps of its last convolutions")
    }
    if let cut {
      heads = zip(heads, cut).compactMap { head, name in
        lookup(name).flatMap {
          HeadMap(name: name, shape: $0.shape, axes: .merged, anchors: head.anchors)
        }
      }
    }
    let described = heads.map { lookup($0.name)! }
    let names = heads.map(\.name)
    let outputs = ending.tensorsOfEnd
    var images: [String: Tensor] = [:]
    var part = try? graph.extract(inputs: names, outputs: outputs)
    if part == nil {
      // Some exports ask the image for its shape.
      images = [image.name: image.tensor]
      part = try model.naming { () throws(ModelError) in
        try graph.extract(inputs: names + [image.name], outputs: outputs)
      }
    }
    part!.inputs =
      zip(heads, described).map { head, description in
        ValueInfo(
          name: head.name, elementType: description.elementType,
          dimensions: description.shape.map { .fixed($0) })
      } + part!.inputs.filter { images[$0.name] != nil }
    var end = model.model
    end.graph = part!
    self.model = LoadedModel(path: model.path, model: end)
    self.heads = heads
    shapes = described.map(\.shape)
    elementTypes = described.map(\.elementType)
    self.images = images
    self.outputs = outputs
  }

  var descriptions: [String: ResolvedGraph.Description] {
    var descriptions = images.mapValues { ResolvedGraph.Description($0.elementType, $0.shape) }
    for (head, (type, shape)) in zip(heads, zip(elementTypes, shapes)) {
      descriptions[head.name] = .init(type, shape)
    }
    return descriptions
  }

  /// Images that are fed at once.
  var batch: Int { shapes[0][0] }

  /// Operators of the end's nodes.
  var operators: Set<String> { Set(model.model.graph.nodes.map(\.operatorType)) }

  func isFed(like other: Tail) -> Bool {
    shapes == other.shapes && heads.map(\.anchors) == other.heads.map(\.anchors)
  }

  /// A way to run the end alone.
  func plan() throws(Refusal) -> Plan {
    try model.naming { () throws(InterpreterError) in
      try Plan(ResolvedGraph(model.model, inputs: descriptions), observing: outputs)
    }
  }
}

extension Ending {
  /// What cells and candidates are read from. What an NMS plugin makes of its inputs is not: made-up
  /// cells overlap by chance.
  var tensorsOfEnd: [String] {
    let tensors = suppression?.inputs.names ?? observedTensors
    return tensors.filter { !$0.isEmpty }
  }
}
