import BoxMath
import Detection
import ONNXGraph
import Tensors

extension Patcher {
  /// The graph cut at its head maps and ending in `YoloLayer_TRT`, as NVIDIA-AI-IOT's
  /// `yolov5_gpu_optimization` appends it.
  func endingInYoloLayer() throws(SurgeryError) -> Patch {
    let anchors = try yoloLayerAnchors()
    let stride = try yoloLayerStride()
    let maps = sigmoidMaps()
    let node = Node(
      operatorType: YoloLayerParameters.operatorType, name: "YoloLayer",
      inputs: maps.infos.map(\.name), outputs: YoloLayerParameters.outputNames,
      attributes: [
        "max_stride": .int(Int64(stride)),
        "num_classes": .int(Int64(heads.classCount)),
        "anchors": .floats(anchors),
        "prenms_score_threshold": .float(options.scoreThreshold ?? 0.25),
      ])
    var edits: [GraphEdit] = node.outputs.filter(model.graph.tensorNames.contains).map { taken in
      .rename(tensor: taken, to: model.graph.freeName("\(taken).original"))
    }
    edits += [
      .append(maps.nodes + [node]), .setOutputs(yoloLayerOutputs()), .declare(maps.infos), .prune,
    ]
    return try patch(edits)
  }

  private func yoloLayerOutputs() -> [ValueInfo] {
    let cellCount = heads.maps.reduce(0) { $0 + $1.cellCount }
    let cells = hasOpenSize ? Dimension.named("cells") : .fixed(cellCount)
    let shapes: [[Dimension]] = [
      [batch, .fixed(1)], [batch, cells, .fixed(4)], [batch, cells], [batch, cells],
    ]
    return zip(YoloLayerParameters.outputNames, shapes).enumerated().map { place, output in
      ValueInfo(
        name: output.0, elementType: place == 0 || place == 3 ? .int32 : .float32,
        dimensions: output.1)
    }
  }

  private func yoloLayerAnchors() throws(SurgeryError) -> [Float] {
    let (maps, each) = (YoloLayerParameters.mapCount, YoloLayerParameters.anchorsPerMap)
    guard heads.maps.count == maps, heads.maps.allSatisfy({ $0.anchors == each }) else {
      let counts = heads.maps.map { "\($0.anchors)" }.joined(separator: ", ")
      throw SurgeryError(
        "the detector has \(heads.maps.count) heads of \(counts) anchors, but yololayer is compiled "
          + "for \(maps) heads of \(each); use --plugin batchednms or efficientnms")
    }
    try refuseExtraChannels(for: "yololayer")
    guard let scales = heads.scales else {
      throw SurgeryError(
        "the graph has no decode to recover anchors from; give them with --anchors, 18 numbers, "
          + "finest scale first")
    }
    return scales.flatMap { $0.anchors.flatMap { [$0.width, $0.height] } }
  }

  /// The network's input size over the last map's: the plugin knows the size by it alone.
  private func yoloLayerStride() throws(SurgeryError) -> Int {
    let scales = heads.scales ?? []
    guard let last = scales.last, let coarsest = heads.maps.last else { return 0 }
    let stride = Int(exactly: last.strideX) ?? 0
    for (map, scale) in zip(heads.maps, scales) {
      let derived = (
        x: Double(stride * coarsest.columns) / Double(map.columns),
        y: Double(stride * coarsest.rows) / Double(map.rows)
      )
      guard stride > 0, scale.strideX == scale.strideY, scale.strideX == derived.x,
        scale.strideY == derived.y
      else {
        throw SurgeryError(
          "'\(shown: map.name)' has stride \(Float(scale.strideX).plain) across and "
            + "\(Float(scale.strideY).plain) down, but yololayer derives "
            + "\(Float(derived.x).plain) and \(Float(derived.y).plain) from the last map's whole "
            + "stride; use --plugin batchednms or efficientnms")
      }
    }
    return stride
  }
}
