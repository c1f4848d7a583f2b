import BoxMath
import Detection
import Interpreter
import ONNXGraph
import Operators
import Tensors

/// A model to be checked, with what several rules need of it.
package struct CheckSubject: Sendable {
  let model: Model
  let problems: [ModelProblem]
  let inference: Inference
  let original: Model?
  /// The version of TensorRT that the model is for, if that is to be checked.
  let target: TensorRTTarget?
  /// How the original decodes, or why that is not known.
  let originalDecode: Result<RecoveredDecode, SurgeryError>?
  /// The nodes of TensorRT's detection plugins.
  let plugins: [Node]

  package init(
    _ model: Model, problems: [ModelProblem] = [], original: Model? = nil,
    target: TensorRTTarget? = nil
  ) {
    var ordered = model
    // Nodes in an order that can be run, where there is one.
    if let graph = try? model.graph.validated() { ordered.graph = graph }
    self.model = model
    self.problems = problems
    self.original = original
    self.target = target
    inference = Inference(ordered, inputs: (try? model.typicalInputs()) ?? [:])
    originalDecode = original.map { original in
      Result { () throws(SurgeryError) in try RecoveredDecode(original) }
    }
    plugins = model.graph.nodes.filter { Self.pluginTypes.contains($0.operatorType) }
  }

  static let nmsTypes: Set = [
    BatchedNMSParameters.staticOperatorType, BatchedNMSParameters.dynamicOperatorType,
    EfficientNMSParameters.operatorType,
  ]
  private static let pluginTypes = nmsTypes.union([YoloLayerParameters.operatorType])

  var yoloLayers: [Node] {
    plugins.filter { $0.operatorType == YoloLayerParameters.operatorType }
  }

  func shape(of tensor: String) -> Shape? { inference.description(of: tensor)?.shape }

  /// Height and width of the network's input.
  var inputSize: (height: Int, width: Int)? {
    guard let input = try? ImageInput(model.graph, alone: false), let shape = shape(of: input.name),
      shape.rank == 4
    else { return nil }
    return input.size(of: shape)
  }

  /// The anchors of a node, where they are numbers at all.
  func anchors(of node: Node) -> [Float]? {
    switch node.attributes["anchors"] {
    case .floats(let values): values
    case .ints(let values): values.map { Float($0) }
    default: nil
    }
  }

  /// The anchors of each of a node's maps, where there are as many as the plugin takes.
  func anchorsByMap(of node: Node) -> [[Float]]? {
    let each = 2 * YoloLayerParameters.anchorsPerMap
    guard let anchors = anchors(of: node), anchors.count == each * YoloLayerParameters.mapCount
    else { return nil }
    return (0..<YoloLayerParameters.mapCount).map { Array(anchors[each * $0..<each * ($0 + 1)]) }
  }

  /// Sigmoids a tensor has been through since the last operator that mixes channels.
  func sigmoids(before tensor: String) -> Int? {
    let producers = model.graph.producers()
    var tensor = tensor
    var seen: Set<String> = []
    var count = 0
    while seen.insert(tensor).inserted, let index = producers[tensor] {
      let node = model.graph.nodes[index]
      if node.applies(Sigmoid.self) { count += 1 }
      if node.mixesChannels { return count }
      let data = node.inputs.filter { !$0.isEmpty && model.graph.initializers[$0] == nil }
      guard data.count == 1 else { return count }
      tensor = data[0]
    }
    return model.graph.inputs.contains { $0.name == tensor } ? nil : count
  }
}
