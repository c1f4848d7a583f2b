import Detection
import ONNXGraph
import Operators

extension Patcher {
  /// The graph cut at the head maps, each behind a sigmoid.
  func endingInHeads() throws(SurgeryError) -> Patch {
    try refuseExtraChannels(for: "heads")
    let maps = sigmoidMaps()
    return try patch(
      [.append(maps.nodes), .setOutputs(maps.infos), .prune])
  }

  /// The sigmoid maps `p3`, `p4`, … as a plugin takes them, and the nodes that make them of the
  /// graph's own maps.
  func sigmoidMaps() -> (nodes: [Node], infos: [ValueInfo]) {
    var nodes: [Node] = []
    var infos: [ValueInfo] = []
    for (map, wanted) in zip(heads.maps, names) {
      var tensor = map.name
      if !heads.isFloat32 {
        let float = model.graph.freeName("\(wanted).float32")
        nodes.append(
          Node(
            operatorType: Cast.type, name: float, inputs: [tensor], outputs: [float],
            attributes: ["to": .int(1)]))
        tensor = float
      }
      if !heads.isThroughSigmoid {
        let name = model.graph.freeName(wanted)
        nodes.append(
          Node(
            operatorType: Sigmoid.type, name: "\(name).sigmoid", inputs: [tensor], outputs: [name]))
        tensor = name
      }
      infos.append(
        ValueInfo(name: tensor, elementType: .float32, dimensions: dimensions(of: map, wanted)))
    }
    return (nodes, infos)
  }

  /// `p3` for stride 8 and so on, as the family calls them.
  private var names: [String] {
    let exponents = heads.scales?.compactMap { scale -> Int? in
      let stride = Int(scale.strideX)
      guard Double(stride) == scale.strideX, stride > 1, stride & (stride - 1) == 0 else {
        return nil
      }
      return stride.trailingZeroBitCount
    }
    if let exponents, Set(exponents).count == heads.maps.count {
      return exponents.map { "p\($0)" }
    }
    return heads.maps.indices.map { "p\($0 + 3)" }
  }

  private func dimensions(of map: HeadMap, _ name: String) -> [Dimension] {
    let channels = Dimension.fixed(map.anchors * map.channels)
    guard hasOpenSize else { return [batch, channels, .fixed(map.rows), .fixed(map.columns)] }
    return [batch, channels, .named("\(name)_height"), .named("\(name)_width")]
  }

  func refuseExtraChannels(for plugin: String) throws(SurgeryError) {
    guard heads.extraChannels == 0 else {
      throw SurgeryError(
        "each anchor has \(heads.extraChannels) channels beside box, objectness and "
          + "\(heads.classCount) classes (mask coefficients of a segmentation model), which "
          + "\(plugin) has no place for; batchednms and efficientnms can take its boxes and scores")
    }
  }
}
