import BoxMath
import Detection
import Interpreter
import Kernels
import ONNXGraph
import Tensors

/// Appends one of NVIDIA's NMS plugins to a graph that decodes its boxes itself.
struct SuppressionPatcher {
  private let model: Model
  private let options: PatchOptions
  private let resolved: ResolvedGraph
  private let ending: Ending

  init(_ model: Model, _ options: PatchOptions) throws(SurgeryError) {
    do {
      resolved = try ResolvedGraph(typical: model)
    } catch {
      throw SurgeryError("\(error)")
    }
    self.model = model
    self.options = options
    let resolved = resolved
    let lookup: TensorLookup = { resolved.tensorDescription(of: $0) }
    ending = model.established(
      Ending.recognize(model.graph, metadata: model.metadata, lookup: lookup), lookup: lookup,
      on: ThreadTeam(threadCount: 1))
  }

  func patch() throws(SurgeryError) -> Patch {
    var tail = BoxTail(model)
    var notes: [String] = []
    let classCount = try fill(&tail, &notes)
    let plugin = options.target == .batchednms ? batchedNMS(classCount) : efficientNMS(classCount)
    if let source = ending.observedTensors.first, let type = resolved.description(of: source),
      type.elementType != .float32
    {
      tail.cast()
    }
    if options.target == .batchednms { tail.addClassAxis() }
    var node = plugin.node
    node.inputs = [tail.boxes, tail.scores]
    let dropped = ending.oneSidedOutputs
    if !dropped.isEmpty {
      notes.append(
        "no longer given out: " + dropped.map { "'\(shown: $0)'" }.joined(separator: ", "))
    }
    var patched = model
    do {
      var edits: [GraphEdit] = [.append(tail.nodes, initializers: tail.constants)]
      for taken in node.outputs where model.graph.tensorNames.contains(taken) {
        let free = model.graph.freeName("\(taken).original")
        edits.append(.rename(tensor: taken, to: free))
        node.inputs = node.inputs.map { $0 == taken ? free : $0 }
      }
      edits += [.append(node), .setOutputs(plugin.outputs), .prune]
      patched.graph = try model.graph.applying(edits)
    } catch {
      throw SurgeryError("the graph cannot be edited: \(error)")
    }
    return Patch(model: patched, notes: notes)
  }

  /// Boxes and scores from whatever the graph ends in.
  ///
  /// - Returns: how many classes there are.
  private func fill(
    _ tail: inout BoxTail, _ notes: inout [String]
  ) throws(SurgeryError) -> Int {
    if ending.needsGeometry { return try decode(into: &tail, &notes) }
    guard let table = ending.table, ending.suppression == nil, let classCount = ending.classCount
    else {
      throw SurgeryError(
        "the graph ends in \(ending.form.rawValue): expected decoded rows, boxes and scores, or heads"
      )
    }
    if let difference = ending.differences.first { throw SurgeryError(difference) }
    guard ending.shown.boxes, ending.shown.scores else {
      throw SurgeryError(
        "what the columns of '\(shown: table.boxes.tensor)' hold is not shown by decoding synthetic maps: "
          + "expected boxes that move with a grid, or a transformer's, and their scores")
    }
    tail.read(table, classCount: classCount) { resolved.tensorDescription(of: $0)?.shape }
    if table.kind == .objectnessAndClasses {
      noteRecovery(&notes)
    } else if table.boxes.tensor == table.scores.tensor {
      notes.append("boxes and \(classCount) classes of decoupled heads, which have no objectness")
    }
    let width = resolved.tensorDescription(of: table.scores.tensor)?.shape
    let columns = table.scores.order == .rows ? width?.last : width.map { $0[1] }
    if table.kind == .products, let columns,
      columns > table.firstBehindScores(classCount)
    {
      notes.append(
        "\(columns - table.firstBehindScores(classCount)) numbers behind the classes of each row are "
          + "lost: the plugin gives out boxes only")
    }
    return classCount
  }

  /// A decode of bare heads.
  private func decode(
    into tail: inout BoxTail, _ notes: inout [String]
  ) throws(SurgeryError) -> Int {
    let patcher = try Patcher(model, options)
    guard let scales = patcher.heads.scales else {
      throw SurgeryError(
        "the graph has no decode to recover anchors from; give them with --anchors, finest scale "
          + "first")
    }
    guard !patcher.hasOpenSize else {
      throw SurgeryError(
        "the graph has no decode and takes any size: a decode can be added for a fixed size only; "
          + "export it with a fixed size, or use --plugin yololayer")
    }
    tail.decode(patcher.heads, scales)
    notes.append("a decode is added to \(patcher.heads.maps.count) bare heads")
    return patcher.heads.classCount
  }

  private func noteRecovery(_ notes: inout [String]) {
    do {
      let heads = try DetectorHeads(model, resolved)
      notes.append("\(heads.maps.count) heads, decoded by the graph as YOLOv5 does")
      if heads.extraChannels > 0 {
        notes.append(
          "\(heads.extraChannels) mask coefficients of each row are lost: the plugin gives out boxes "
            + "only")
      }
    } catch {
      notes.append("the decode is kept and not understood: \(error)")
    }
  }

  private var batch: Dimension {
    model.graph.inputs.first { $0.dimensions?.count == 4 }?.dimensions?.first ?? .unknown
  }

  private func outputs(
    _ names: [String], kept: Int, classes: ElementType
  ) -> [ValueInfo] {
    let shapes: [[Dimension]] = [
      [batch, .fixed(1)], [batch, .fixed(kept), .fixed(4)], [batch, .fixed(kept)],
      [batch, .fixed(kept)],
    ]
    let types: [ElementType] = [.int32, .float32, .float32, classes]
    return names.indices.map {
      ValueInfo(name: names[$0], elementType: types[$0], dimensions: shapes[$0])
    }
  }

  /// As NVIDIA-AI-IOT's `yolov5_gpu_optimization` appends it.
  private func batchedNMS(_ classCount: Int) -> (node: Node, outputs: [ValueInfo]) {
    let kept = options.keepTopK ?? 300
    let names = ["BatchedNMS", "BatchedNMS_1", "BatchedNMS_2", "BatchedNMS_3"]
    let node = Node(
      operatorType: BatchedNMSParameters.dynamicOperatorType, name: "BatchedNMS_N", inputs: [],
      outputs: names,
      attributes: [
        "shareLocation": .int(1), "backgroundLabelId": .int(-1),
        "scoreThreshold": .float(options.scoreThreshold ?? 0.001),
        "iouThreshold": .float(options.iouThreshold ?? 0.65),
        "topK": .int(Int64(options.topK ?? max(600, kept))), "keepTopK": .int(Int64(kept)),
        "numClasses": .int(Int64(classCount)), "clipBoxes": .int(0), "isNormalized": .int(0),
        "scoreBits": .int(16),
      ])
    return (node, outputs(names, kept: kept, classes: .float32))
  }

  /// With the defaults of the plugin's documentation (NVIDIA/TensorRT, `plugin/efficientNMSPlugin`).
  private func efficientNMS(_ classCount: Int) -> (node: Node, outputs: [ValueInfo]) {
    let kept = options.keepTopK ?? 100
    let names = ["num_detections", "detection_boxes", "detection_scores", "detection_classes"]
    let node = Node(
      operatorType: EfficientNMSParameters.operatorType, name: "EfficientNMS", inputs: [],
      outputs: names,
      attributes: [
        "score_threshold": .float(options.scoreThreshold ?? 0.25),
        "iou_threshold": .float(options.iouThreshold ?? 0.5),
        "max_output_boxes": .int(Int64(kept)), "background_class": .int(-1),
        "score_activation": .int(0), "class_agnostic": .int(0), "box_coding": .int(0),
        "plugin_version": .string("1"),
      ])
    return (node, outputs(names, kept: kept, classes: .int32))
  }
}
