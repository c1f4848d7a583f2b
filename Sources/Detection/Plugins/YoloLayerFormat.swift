import BoxMath
import ONNXGraph
import Operators
import Tensors

extension OutputFormat {
  /// What NVIDIA's decode plugin gives out.
  static let yoloLayer = OutputFormat(
    form: .yoloLayerPlugin,
    columns: "number `[N, 1]`, corners `[N, A, 4]` (px), scores `[N, A]`, classes `[N, A]`",
    writers: "`YoloLayer_TRT` of yolov5_gpu_optimization"
  ) { $0.ending(in: [YoloLayerParameters.operatorType], $0.yoloLayer) }
}

extension Recognizer {
  /// The ending in the first node of some operators, of which there should be one.
  func ending(in types: Set<String>, _ recognize: (Node) -> Ending) -> Ending? {
    let nodes = structure.nodes(ofTypes: types)
    guard let node = nodes.first else { return nil }
    var ending = recognize(node)
    if nodes.count > 1 {
      ending.differences.append("\(nodes.count) \(node.operatorType) nodes, expected one")
    }
    return ending
  }

  fileprivate func yoloLayer(_ node: Node) -> Ending {
    var ending = Ending(.yoloLayerPlugin)
    let parameters: YoloLayerParameters
    do {
      var attributes = PluginNode(node)
      parameters = try YoloLayerParameters(&attributes)
    } catch {
      ending.differences = ["\(node.title): \(error)"]
      return ending
    }
    ending.classCount = parameters.classCount
    let maps = node.inputs.compactMap { name -> HeadMap? in
      guard let shape = structure.lookup(name)?.shape, shape.rank == 4,
        shape[1] == parameters.channelCount
      else { return nil }
      return HeadMap(
        name: name, shape: shape, axes: .merged, anchors: YoloLayerParameters.anchorsPerMap)
    }
    guard maps.count == YoloLayerParameters.mapCount, maps.count == node.inputs.count,
      let geometry = DecodeGeometry(parameters, maps)
    else {
      ending.notes = ["\(node.title): the shapes of its maps are not known"]
      return ending
    }
    let roles = PluginOutputs(
      node, names: [YoloLayerParameters.outputNames], structure: structure)
    ending.yoloLayer = YoloLayerTail(
      parameters: parameters, maps: maps, logits: logits(of: maps), outputs: roles.tensors)
    ending.geometry = geometry
    ending.oneSidedOutputs = roles.others
    ending.differences =
      roles.differences + classDifferences(parameters.classCount, "num_classes is")
    ending.notes = defaultNotes(node, YoloLayerParameters.defaults) + roles.notes
    return ending
  }

  /// The maps before the sigmoid, if all of them are the sigmoid of something.
  private func logits(of maps: [HeadMap]) -> [HeadMap]? {
    let found = maps.compactMap { map -> HeadMap? in
      guard let node = structure.producer(of: map.name), node.applies(Sigmoid.self),
        let source = node.inputs.first, let shape = structure.lookup(source)?.shape
      else { return nil }
      return HeadMap(name: source, shape: shape, axes: .merged, anchors: map.anchors)
    }
    return found.count == maps.count ? found : nil
  }

  /// What is to be said of attributes a plugin's node does not have, and of those that TensorRT reads
  /// otherwise than they are written.
  func defaultNotes(_ node: Node, _ defaults: [(name: String, value: String)]) -> [String] {
    defaults.filter { node.attributes[$0.name] == nil }.map {
      "\(node.title): attribute \($0.name) is absent, the plugin's default \($0.value) applies"
    } + node.pluginRemarks.map { "\(node.title): \($0.text)" }
  }
}

extension DecodeGeometry {
  /// The decode a `YoloLayer_TRT` node is configured for; `nil` when its numbers are too large.
  init?(_ parameters: YoloLayerParameters, _ maps: [HeadMap]) {
    let sizes = maps.map { (rows: $0.rows, columns: $0.columns) }
    guard let decoders: [HeadDecoder<Double>] = try? parameters.decoders(for: sizes) else {
      return nil
    }
    self.init(
      layout: maps.finestFirst.layout,
      scales: maps.finestFirstOrder.map { place in
        let size = decoders[place].networkSize
        return Scale(
          strideX: size.width / Double(maps[place].columns),
          strideY: size.height / Double(maps[place].rows), anchors: decoders[place].anchors)
      })
  }
}
