import BoxMath
import ONNXGraph
import Tensors

extension Recognizer {
  /// A graph whose outputs depend on one of TensorRT's detection plugins.
  func plugin() -> Ending? {
    let yoloLayers = structure.nodes(ofTypes: [YoloLayerParameters.operatorType])
    if let node = yoloLayers.first {
      let ending = yoloLayer(node)
      guard yoloLayers.count > 1 else { return ending }
      return ending.adding(
        differences: ["\(yoloLayers.count) \(node.operatorType) nodes, expected one"])
    }
    let forms: [(Form, Set<String>)] = [
      (.batchedNMSPlugin, ["BatchedNMS_TRT", "BatchedNMSDynamic_TRT"]),
      (.efficientNMSPlugin, ["EfficientNMS_TRT"]),
    ]
    for (form, types) in forms where !structure.nodes(ofTypes: types).isEmpty {
      return Ending(tail: .named(form))
    }
    return nil
  }

  private func yoloLayer(_ node: Node) -> Ending {
    let parameters: YoloLayerParameters
    do {
      var attributes = node
      parameters = try YoloLayerParameters(&attributes)
    } catch {
      return Ending(tail: .named(.yoloLayerPlugin), differences: ["\(node.title): \(error)"])
    }
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
      return Ending(
        tail: .named(.yoloLayerPlugin), classCount: parameters.classCount,
        notes: ["\(node.title): the shapes of its maps are not known"])
    }
    let roles = PluginOutputs(node, structure: structure)
    var differences = roles.differences
    if let namedClasses, namedClasses != parameters.classCount {
      differences.append(
        "the metadata names \(namedClasses) classes, but num_classes is \(parameters.classCount)")
    }
    return Ending(
      tail: .yoloLayer(
        YoloLayerTail(parameters: parameters, maps: maps, outputs: roles.tensors)),
      classCount: parameters.classCount, geometry: geometry,
      oneSidedOutputs: roles.others, differences: differences,
      notes: defaultNotes(node, YoloLayerParameters.defaults) + roles.notes)
  }

  /// What is to be said of attributes a plugin's node does not have.
  func defaultNotes(_ node: Node, _ defaults: [(name: String, value: String)]) -> [String] {
    defaults.filter { node.attributes[$0.name] == nil }.map {
      "\(node.title): attribute \($0.name) is absent, the plugin's default \($0.value) applies"
    }
  }
}

extension Ending {
  fileprivate func adding(differences more: [String]) -> Ending {
    Ending(
      tail: tail, classCount: classCount, geometry: geometry, oneSidedOutputs: oneSidedOutputs,
      differences: differences + more, notes: notes)
  }
}

extension Node: PluginAttributes {}

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

/// Which of the graph's outputs stand for the plugin's four.
private struct PluginOutputs {
  /// The tensors to read, in the plugin's order.
  private(set) var tensors: [String] = []
  /// Outputs that stand for none of the four.
  private(set) var others: [String] = []
  private(set) var differences: [String] = []
  private(set) var notes: [String] = []

  private static let meanings = ["number of rows", "boxes", "scores", "classes"]

  /// An output that has one of the four standard names is read by that name by those who use the
  /// engine; any other is read by its place. Either has to lead back to that output of the plugin.
  init(_ node: Node, structure: GraphStructure) {
    let names = structure.graph.outputs.map(\.name)
    let reached = names.map { structure.outputs(of: node, reaching: $0) }
    var carriers: [Int: [String]] = [:]
    for (name, places) in zip(names, reached) {
      let standard = YoloLayerParameters.outputNames.firstIndex(of: name)
      if let standard, !places.contains(standard) {
        let found = places.sorted().map { Self.meanings[$0] }.joined(separator: " and ")
        differences.append(
          "output '\(name)' carries \(found.isEmpty ? "nothing" : "the \(found)") of the plugin, "
            + "expected its \(Self.meanings[standard])")
      }
      let place = standard.flatMap { places.contains($0) ? $0 : nil } ?? places.min()
      if let place { carriers[place, default: []].append(name) }
    }
    for place in YoloLayerParameters.outputNames.indices {
      let carrier =
        carriers[place]?.first { $0 == YoloLayerParameters.outputNames[place] }
        ?? carriers[place]?.first
      if carrier == nil {
        differences.append(
          "the graph does not give out the plugin's \(Self.meanings[place]) "
            + "(\(YoloLayerParameters.outputNames[place]))")
      }
      tensors.append(
        carrier ?? (node.outputs.indices.contains(place) ? node.outputs[place] : ""))
    }
    others = names.filter { !tensors.contains($0) }
    checkOrder(names)
    checkKinds(node, structure)
  }

  private mutating func checkOrder(_ names: [String]) {
    let places = tensors.compactMap { names.firstIndex(of: $0) }
    guard differences.isEmpty, places != places.sorted() else { return }
    if tensors == YoloLayerParameters.outputNames {
      notes.append(
        "the outputs are not in the plugin's order, which matters to who reads them by place")
    } else {
      differences.append("the outputs have neither the plugin's names nor its order")
    }
  }

  /// What the plugin makes is known; a node behind it may have changed type or shape.
  private mutating func checkKinds(_ node: Node, _ structure: GraphStructure) {
    for (place, tensor) in tensors.enumerated() {
      guard node.outputs.indices.contains(place), tensor != node.outputs[place],
        let own = structure.lookup(node.outputs[place]), let given = structure.lookup(tensor),
        own.elementType != given.elementType
          || own.shape.elementCount != given.shape.elementCount
      else { continue }
      differences.append(
        "output '\(tensor)' is \(given.elementType)\(given.shape), expected "
          + "\(own.elementType)\(own.shape): the plugin's \(Self.meanings[place])")
    }
  }
}
