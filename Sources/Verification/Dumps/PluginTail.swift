import BoxMath
import Detection
import Interpreter
import Kernels
import ONNXGraph
import Tensors

/// The end of a graph from its plugin on, to be run on given heads.
struct PluginTail {
  let part: LoadedModel
  /// The plugin's inputs, in its order.
  let inputs: [String]

  /// - Throws: when the graph does not end in a plugin, or it cannot be cut off.
  init(_ model: LoadedModel) throws(Refusal) {
    let graph = model.model.graph
    guard
      let node = graph.nodes.first(where: { $0.operatorType == YoloLayerParameters.operatorType })
    else {
      throw Refusal(
        "\(model.path): a graph that ends in \(model.model.typicalForm.rawValue), expected one with "
          + "a \(YoloLayerParameters.operatorType) node")
    }
    let inputs = node.inputs
    // Outputs that need more than the plugin are left out.
    let outputs = graph.outputs.map(\.name).filter { name in
      !inputs.contains(name) && (try? graph.extract(inputs: inputs, outputs: [name])) != nil
    }
    var part = model.model
    part.graph = try model.naming { () throws(ModelError) in
      try graph.extract(
        inputs: inputs, outputs: outputs.isEmpty ? node.outputs.filter { !$0.isEmpty } : outputs)
    }
    self.part = LoadedModel(path: model.path, model: part)
    self.inputs = inputs
  }

  /// What the plugin makes of heads.
  func run(_ heads: [String: Tensor], on team: ThreadTeam) throws(Refusal) -> PluginRun {
    try part.naming { () throws(InterpreterError) in
      let resolved = try ResolvedGraph(
        part.model, inputs: heads.mapValues { .init($0.elementType, $0.shape) })
      let ending = Ending.recognize(part.model.graph, metadata: part.model.metadata) {
        resolved.tensorDescription(of: $0)
      }
      let observed = Set(ending.observedTensors + part.model.graph.outputs.map(\.name))
      let plan = try Plan(resolved, observing: observed.filter { !$0.isEmpty }.sorted())
      let tensors = try plan.run(heads, on: team)
      return PluginRun(part: part, heads: heads, ending: ending, tensors: tensors)
    }
  }
}

/// What a plugin made of given heads.
struct PluginRun {
  let part: LoadedModel
  let heads: [String: Tensor]
  let ending: Ending
  /// Those of the outputs, and of the plugin's inputs.
  let tensors: [String: Tensor]

  var outputs: [TensorArchive.Entry] {
    part.model.graph.outputs.map { TensorArchive.Entry(name: $0.name, tensor: tensors[$0.name]!) }
  }

  var batch: Int { heads.values.first?.shape.first ?? 0 }

  /// The network's input, as far as the decode has one.
  var frame: ImageFrame {
    let scale = ending.geometry?.layout.scales.last
    let decode = ending.geometry?.scales?.last
    return ImageFrame(
      placement: nil, networkHeight: Int((decode?.strideY ?? 0) * Double(scale?.rows ?? 0)),
      networkWidth: Int((decode?.strideX ?? 0) * Double(scale?.columns ?? 0)))
  }
}
