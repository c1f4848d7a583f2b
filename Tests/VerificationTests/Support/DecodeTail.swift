import ONNXGraph
import Tensors

/// The nodes with which an export decodes one head map, by their names.
struct DecodeTail {
  let values: String
  let xyDoubled: String
  let xyShifted: String
  let xyScaled: String
  let whDoubled: String
  let whSquared: String
  let whScaled: String
  /// Tensors: the cells before and after the sigmoid, objectness and classes, whole cells.
  let logitsTensor: String
  let valuesTensor: String
  let scoresTensor: String
  let decodedTensor: String

  /// - Parameter scale: 0 for the finest.
  init(_ model: Model, scale: Int) {
    let rows = model.producer(of: model.graph.outputs[0].name).inputs[scale]
    let joined = model.producer(of: model.producer(of: rows).inputs[0])
    let xyScaled = model.producer(of: joined.inputs[0])
    let xyShifted = model.producer(of: xyScaled.inputs[0])
    let xyDoubled = model.producer(of: xyShifted.inputs[0])
    let whScaled = model.producer(of: joined.inputs[1])
    let whSquared = model.producer(of: whScaled.inputs[0])
    let whDoubled = model.producer(of: whSquared.inputs[0])
    let parts = model.producer(of: xyDoubled.inputs[0])
    let values = model.producer(of: parts.inputs[0])
    decodedTensor = joined.outputs[0]
    scoresTensor = parts.outputs[2]
    valuesTensor = values.outputs[0]
    logitsTensor = values.inputs[0]
    self.xyScaled = xyScaled.name
    self.xyShifted = xyShifted.name
    self.xyDoubled = xyDoubled.name
    self.whScaled = whScaled.name
    self.whSquared = whSquared.name
    self.whDoubled = whDoubled.name
    self.values = values.name
  }
}

extension Model {
  func producer(of tensor: String) -> Node {
    guard let node = graph.nodes.first(where: { $0.outputs.contains(tensor) }) else {
      preconditionFailure("no node makes \(tensor)")
    }
    return node
  }

  /// The plugin node.
  var plugin: Node { graph.nodes.first { $0.operatorType == "YoloLayer_TRT" }! }

  /// Changes the plugin node.
  mutating func editPlugin(_ change: (inout Node) -> Void) { edit(plugin.name, change) }

  /// Changes the plugin's anchors: width and height of nine.
  mutating func editAnchors(_ change: ([Float]) -> [Float]) {
    editPlugin { node in
      guard case .floats(let values) = node.attributes["anchors"] else { return }
      node.attributes["anchors"] = .floats(change(values))
    }
  }

  /// Changes the floats of an input of a node that is constant, for this node alone.
  mutating func editConstant(of node: String, input: Int, _ change: (inout [Float]) -> Void) {
    let old = graph.nodes.first { $0.name == node }!.inputs[input]
    var tensor = graph.initializers[old]
    if tensor == nil, case .tensor(let value) = producer(of: old).attributes["value"] {
      tensor = value
    }
    var values = tensor!.elements(of: Float.self)
    change(&values)
    let name = "\(node) constant \(input)"
    graph.initializers[name] = Tensor(values, shape: tensor!.shape)
    edit(node) { $0.inputs[input] = name }
  }
}
