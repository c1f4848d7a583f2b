import BoxMath
import Detection
import ONNXGraph
import Tensors
import Testing

@Suite struct RecognitionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var form: Form
    var classCount: Int? = 4
    var observed: [String]
    /// Head maps a probe feeds.
    var heads: [String] = []
    var oneSided: [String] = []
    /// Words of the differences and notes that have to be stated, in order.
    var differences: [String] = []
    var notes: [String] = []
    var graph: @Sendable () -> MadeUpGraph
  }

  static let detector = MadeUpDetector()
  static let pluginOutputs = YoloLayerParameters.outputNames
  static let pluginObserved = ["p3", "p4", "p5"] + pluginOutputs
  static let logits = ["logits0", "logits1", "logits2"]

  /// The original export, and what else its form can look like.
  static let decodedCases = [
    Case(
      testDescription: "original export", form: .yolov5Decoded, observed: ["output"], heads: logits
    ) { detector.decodedGraph() },
    Case(
      testDescription: "four scales", form: .yolov5Decoded, observed: ["output"],
      heads: logits + ["logits3"]
    ) {
      var detector = Self.detector
      detector.sizes = [(16, 16), (8, 8), (4, 4), (2, 2)]
      detector.strides = [8, 16, 32, 64]
      detector.anchors.append([(400, 300), (500, 600), (800, 700)])
      return detector.decodedGraph()
    },
    Case(
      testDescription: "two scales with anchors of their own", form: .yolov5Decoded,
      observed: ["output"], heads: ["logits0", "logits1"]
    ) {
      var detector = Self.detector
      detector.sizes = [(4, 6), (2, 3)]
      detector.strides = [16, 32]
      detector.anchors = [[(10, 14), (23, 27)], [(81, 82), (135, 169), (344, 319), (1, 2)]]
      return detector.decodedGraph()
    },
    Case(
      testDescription: "raw maps beside the decoded one", form: .yolov5Decoded,
      observed: ["output"], heads: logits, oneSided: ["transposed0", "transposed1", "transposed2"]
    ) {
      var graph = detector.decodedGraph()
      graph.outputs = ["transposed0", "output", "transposed1", "transposed2"]
      return graph
    },
    Case(
      testDescription: "sigmoid before the rearrangement", form: .yolov5Decoded,
      observed: ["output"], heads: logits
    ) {
      var graph = detector.headsGraph()
      let rows = graph.outputs.enumerated().map { scale, map in
        detector.addDecode(of: map, scale, to: &graph)
      }
      graph.add("Concat", rows, "output", [1, detector.layout.cellCount, detector.channels])
      graph.outputs = ["output"]
      return graph
    },
    Case(
      testDescription: "segmentation", form: .yolov5Decoded, observed: ["output"], heads: logits,
      oneSided: ["prototypes"], notes: ["32 mask coefficients"]
    ) {
      var detector = Self.detector
      detector.classCount = 4 + 32
      var graph = detector.decodedGraph()
      graph.add("Conv", ["images", "weight0"], "prototypes", [1, 32, 16, 20])
      graph.outputs.append("prototypes")
      graph.metadata["names"] = "['a', 'b', 'c', 'd']"
      return graph
    },
    Case(
      testDescription: "more columns than names", form: .yolov5Decoded, classCount: 36,
      observed: ["output"], heads: logits,
      differences: ["names 4 classes, but the output has room for 36"]
    ) {
      var detector = Self.detector
      detector.classCount = 36
      var graph = detector.decodedGraph()
      graph.metadata["names"] = "['a', 'b', 'c', 'd']"
      return graph
    },
    Case(
      testDescription: "a decode that cannot be walked", form: .yolov5Decoded, observed: ["output"]
    ) {
      var graph = MadeUpGraph(input: [1, 3, 64, 96])
      graph.add("Unheard", ["images"], "output", [1, 3 * (96 + 24 + 6), 9])
      graph.outputs = ["output"]
      return graph
    },
    Case(
      testDescription: "corners and products", form: .boxesAndScores,
      observed: ["bbox", "cls_score"], heads: logits
    ) { detector.boxesGraph() },
    Case(
      testDescription: "corners and products of four classes", form: .boxesAndScores,
      observed: ["bbox", "cls_score"], heads: logits, oneSided: ["output"]
    ) {
      var graph = detector.boxesGraph()
      graph.outputs = ["cls_score", "output", "bbox"]
      return graph
    },
    Case(
      testDescription: "class-major", form: .yolov8Decoded, classCount: 80, observed: ["output0"]
    ) {
      var graph = MadeUpGraph(input: [1, 3, 320, 320])
      graph.add("Concat", ["images"], "output0", [1, 84, 2100])
      graph.outputs = ["output0"]
      return graph
    },
    Case(
      testDescription: "class-major of an odd size, by its names", form: .yolov8Decoded,
      classCount: 2, observed: ["output0"]
    ) {
      var graph = MadeUpGraph(input: [1, 3, 320, 320])
      graph.add("Concat", ["images"], "output0", [1, 6, 777])
      graph.outputs = ["output0"]
      graph.metadata["names"] = "{0: 'a', 1: 'b'}"
      return graph
    },
  ]

  static let headsCases = [
    Case(testDescription: "sigmoid maps", form: .headsSigmoid, observed: ["p3", "p4", "p5"]) {
      detector.headsGraph()
    },
    Case(
      testDescription: "logit maps", form: .headsLogit, observed: logits, notes: ["logits"]
    ) {
      var graph = detector.headsGraph()
      graph.outputs = logits
      return graph
    },
    Case(
      testDescription: "logit maps of five dimensions", form: .headsLogit,
      observed: ["transposed0", "transposed1", "transposed2"], notes: ["logits"]
    ) {
      var graph = detector.decodedGraph()
      graph.outputs = ["transposed0", "transposed1", "transposed2"]
      return graph
    },
    Case(
      testDescription: "sigmoid maps of five dimensions behind a copy", form: .headsSigmoid,
      observed: ["copy0", "copy1", "copy2"]
    ) {
      var graph = detector.decodedGraph()
      graph.outputs = (0..<3).map { scale in
        graph.add(
          "Identity", ["sigmoid\(scale)"], "copy\(scale)",
          graph.descriptions["sigmoid\(scale)"]!.shape)
      }
      return graph
    },
    Case(
      testDescription: "maps given coarsest first", form: .headsSigmoid,
      observed: ["p3", "p4", "p5"], notes: ["finest first"]
    ) {
      var graph = detector.headsGraph()
      graph.outputs.reverse()
      return graph
    },
    Case(
      testDescription: "one map without its sigmoid", form: .headsSigmoid,
      observed: ["p3", "logits1", "p5"], differences: ["'logits1' has not been through a sigmoid"]
    ) {
      var graph = detector.headsGraph()
      graph.outputs[1] = "logits1"
      return graph
    },
    Case(
      testDescription: "maps beside another output", form: .headsSigmoid,
      observed: ["p3", "p4", "p5"], oneSided: ["features"]
    ) {
      var graph = detector.headsGraph()
      graph.add("Relu", ["images"], "features", [1, 64, 8, 10])
      graph.outputs.insert("features", at: 0)
      return graph
    },
    Case(
      testDescription: "maps for other classes than are named", form: .headsSigmoid,
      observed: ["p3", "p4", "p5"], differences: ["names 3 classes, but the maps have room for 4"]
    ) {
      var graph = detector.headsGraph()
      graph.metadata["names"] = "['a', 'b', 'c']"
      return graph
    },
  ]

  static let otherCases = [
    Case(testDescription: "one feature map", form: .tensors, classCount: nil, observed: []) {
      var graph = detector.headsGraph()
      graph.outputs = ["p3"]
      return graph
    },
    Case(
      testDescription: "maps that are no pyramid", form: .tensors, classCount: nil, observed: []
    ) {
      var graph = detector.headsGraph()
      graph.outputs = ["p3", "p5"]
      return graph
    },
    Case(
      testDescription: "three hundred rows of six", form: .tensors, classCount: nil, observed: []
    ) {
      var graph = MadeUpGraph(input: [1, 3, 256, 320])
      graph.metadata["names"] = "['a', 'b']"
      graph.add("TopK", ["images"], "output0", [1, 300, 6])
      graph.outputs = ["output0"]
      return graph
    },
    Case(
      testDescription: "the plugin's names without the plugin", form: .tensors, classCount: nil,
      observed: []
    ) {
      var graph = MadeUpGraph(input: detector.inputShape)
      graph.outputs = pluginOutputs
      for name in pluginOutputs { graph.add("Unheard", ["images"], name, [1, 300]) }
      return graph
    },
    Case(
      testDescription: "a plugin whose outputs nobody takes", form: .headsSigmoid,
      observed: ["p3", "p4", "p5"]
    ) {
      var graph = detector.pluginGraph()
      graph.outputs = ["p3", "p4", "p5"]
      return graph
    },
    Case(
      testDescription: "one convolution's map as rows", form: .tensors, classCount: nil,
      observed: []
    ) {
      var graph = MadeUpGraph(input: [1, 3, 64, 96])
      graph.add("Conv", ["images", graph.constant("weight")], "map", [1, 21, 8, 12])
      graph.add("Reshape", ["map", graph.constant("shape")], "flat", [1, 21, 96])
      graph.outputs = [graph.add("Transpose", ["flat"], "rows", [1, 96, 21])]
      return graph
    },
    Case(testDescription: "no outputs", form: .tensors, classCount: nil, observed: []) {
      MadeUpGraph(input: [1, 3, 64, 64])
    },
  ]

  static let pluginCases = [
    Case(testDescription: "the plugin", form: .yoloLayerPlugin, observed: pluginObserved) {
      detector.pluginGraph()
    },
    Case(
      testDescription: "outputs exchanged at the plugin", form: .yoloLayerPlugin,
      observed: [
        "p3", "p4", "p5", "DecodeNumDetection", "DecodeDetectionScores", "DecodeDetectionBoxes",
        "DecodeDetectionClasses",
      ],
      differences: [
        "'DecodeDetectionBoxes' carries the scores of the plugin, expected its boxes",
        "'DecodeDetectionScores' carries the boxes of the plugin, expected its scores",
      ]
    ) {
      var graph = detector.pluginGraph()
      let last = graph.nodes.count - 1
      graph.nodes[last].outputs.swapAt(1, 2)
      let boxes = graph.descriptions["DecodeDetectionBoxes"]
      graph.descriptions["DecodeDetectionBoxes"] = graph.descriptions["DecodeDetectionScores"]
      graph.descriptions["DecodeDetectionScores"] = boxes
      return graph
    },
    Case(
      testDescription: "outputs in another order", form: .yoloLayerPlugin, observed: pluginObserved,
      notes: ["not in the plugin's order"]
    ) {
      var graph = detector.pluginGraph()
      graph.outputs.swapAt(1, 2)
      return graph
    },
    Case(
      testDescription: "outputs under names of their own", form: .yoloLayerPlugin,
      observed: ["p3", "p4", "p5", "a", "b", "c", "d"]
    ) {
      detector.pluginGraph().renamingOutputs(["a", "b", "c", "d"])
    },
    Case(
      testDescription: "neither the plugin's names nor its order", form: .yoloLayerPlugin,
      observed: ["p3", "p4", "p5", "a", "b", "c", "d"], differences: ["neither"]
    ) {
      var graph = detector.pluginGraph().renamingOutputs(["a", "b", "c", "d"])
      graph.outputs.swapAt(0, 3)
      return graph
    },
    Case(
      testDescription: "an output left out", form: .yoloLayerPlugin, observed: pluginObserved,
      differences: ["does not give out the plugin's scores (DecodeDetectionScores)"]
    ) {
      var graph = detector.pluginGraph()
      graph.outputs.remove(at: 2)
      return graph
    },
    Case(
      testDescription: "a node between plugin and output", form: .yoloLayerPlugin,
      observed: [
        "p3", "p4", "p5", "DecodeNumDetection", "scaled", "DecodeDetectionScores",
        "DecodeDetectionClasses",
      ]
    ) {
      var graph = detector.pluginGraph()
      graph.outputs[1] = graph.add(
        "Mul", ["DecodeDetectionBoxes", graph.constant("factor")], "scaled",
        graph.descriptions["DecodeDetectionBoxes"]!.shape)
      return graph
    },
    Case(
      testDescription: "classes given out as floats", form: .yoloLayerPlugin,
      observed: [
        "p3", "p4", "p5", "DecodeNumDetection", "DecodeDetectionBoxes", "DecodeDetectionScores",
        "cast",
      ]
    ) {
      var graph = detector.pluginGraph()
      graph.outputs[3] = graph.add("Cast", ["DecodeDetectionClasses"], "cast", [1, 378])
      return graph
    },
    Case(
      testDescription: "maps beside the plugin's outputs", form: .yoloLayerPlugin,
      observed: pluginObserved, oneSided: ["p3", "p4"]
    ) {
      var graph = detector.pluginGraph()
      graph.outputs += ["p3", "p4"]
      return graph
    },
    Case(
      testDescription: "defaults", form: .yoloLayerPlugin, observed: pluginObserved,
      notes: ["max_stride is absent, the plugin's default 32", "prenms_score_threshold"]
    ) {
      var graph = detector.pluginGraph()
      let last = graph.nodes.count - 1
      graph.nodes[last].attributes["max_stride"] = nil
      graph.nodes[last].attributes["prenms_score_threshold"] = nil
      return graph
    },
    Case(
      testDescription: "attributes the plugin cannot run with", form: .yoloLayerPlugin,
      classCount: nil, observed: [], differences: ["anchors is absent"]
    ) {
      var graph = detector.pluginGraph()
      graph.nodes[graph.nodes.count - 1].attributes["anchors"] = nil
      return graph
    },
    Case(
      testDescription: "maps for other classes", form: .yoloLayerPlugin, classCount: 5,
      observed: [], notes: ["shapes of its maps"]
    ) {
      var graph = detector.pluginGraph()
      graph.nodes[graph.nodes.count - 1].attributes["num_classes"] = .int(5)
      return graph
    },
    Case(
      testDescription: "other classes than are named", form: .yoloLayerPlugin,
      observed: pluginObserved, differences: ["names 2 classes, but num_classes is 4"]
    ) {
      var graph = detector.pluginGraph()
      graph.metadata["names"] = "{0: 'a', 1: 'b'}"
      return graph
    },
  ]

  static let batched: [String: Attribute] = [
    "shareLocation": .int(1), "backgroundLabelId": .int(-1), "numClasses": .int(4),
    "topK": .int(300), "keepTopK": .int(100), "scoreThreshold": .float(0.001),
    "iouThreshold": .float(0.65), "isNormalized": .int(0), "clipBoxes": .int(0),
    "scoreBits": .int(16), "caffeSemantics": .int(1),
  ]
  static let efficient: [String: Attribute] = [
    "score_threshold": .float(0.25), "iou_threshold": .float(0.65), "max_output_boxes": .int(100),
    "background_class": .int(-1), "score_activation": .int(0), "class_agnostic": .int(0),
    "box_coding": .int(0),
  ]
  static let rows = ["num", "boxes", "scores", "classes"]

  /// Ends in an NMS plugin with rows of the names `rows`.
  static func suppressed(
    _ type: String, _ attributes: [String: Attribute], boxes: String = "bbox"
  ) -> MadeUpGraph {
    var graph = detector.boxesGraph()
    graph.nodes.append(
      Node(
        operatorType: type, name: "NMS", inputs: [boxes, "cls_score"], outputs: rows,
        attributes: attributes))
    graph.outputs = rows
    return graph
  }

  static let suppressedCases = [
    Case(
      testDescription: "batched suppression", form: .batchedNMSPlugin,
      observed: ["bbox", "cls_score"] + rows, heads: logits
    ) { suppressed("BatchedNMSDynamic_TRT", batched) },
    Case(
      testDescription: "batched suppression, static", form: .batchedNMSPlugin,
      observed: ["bbox", "cls_score"] + rows, heads: logits
    ) { suppressed("BatchedNMS_TRT", batched) },
    Case(
      testDescription: "efficient suppression", form: .efficientNMSPlugin,
      observed: ["corners", "cls_score"] + rows, heads: logits
    ) { suppressed("EfficientNMS_TRT", efficient, boxes: "corners") },
    Case(
      testDescription: "efficient suppression with defaults", form: .efficientNMSPlugin,
      observed: ["bbox", "cls_score"] + rows, heads: logits,
      notes: ["score_threshold is absent, the plugin's default 0.5", "class_agnostic is absent"]
    ) {
      var attributes = efficient
      attributes["score_threshold"] = nil
      attributes["class_agnostic"] = nil
      return suppressed("EfficientNMS_TRT", attributes)
    },
    Case(
      testDescription: "batched suppression without its attributes", form: .batchedNMSPlugin,
      classCount: nil, observed: [], differences: ["attribute shareLocation is absent"]
    ) { suppressed("BatchedNMSDynamic_TRT", [:]) },
    Case(
      testDescription: "suppression of boxes that are not known", form: .batchedNMSPlugin,
      classCount: nil, observed: [], notes: ["the shapes of its inputs are not known"]
    ) { suppressed("BatchedNMSDynamic_TRT", batched, boxes: "nowhere") },
    Case(
      testDescription: "half of an efficient suppression", form: .efficientNMSPlugin,
      observed: ["bbox", "cls_score"] + rows, heads: logits, oneSided: ["bbox"],
      differences: ["give out the plugin's scores", "give out the plugin's classes"]
    ) {
      var graph = suppressed("EfficientNMS_TRT", efficient)
      graph.outputs = ["num", "boxes", "bbox"]
      return graph
    },
    Case(
      testDescription: "outputs called as other ones", form: .efficientNMSPlugin,
      observed: ["bbox", "cls_score", "num", "boxes", "det_classes", "classes"], heads: logits,
      differences: ["'det_classes' carries the scores of the plugin, expected its classes"]
    ) {
      var graph = suppressed("EfficientNMS_TRT", efficient)
      graph.nodes[graph.nodes.count - 1].outputs[2] = "det_classes"
      graph.outputs[2] = "det_classes"
      return graph
    },
  ]

  @Test(
    "what a graph ends in",
    arguments: decodedCases + headsCases + otherCases + pluginCases + suppressedCases)
  func recognizes(_ row: Case) {
    let ending = row.graph().recognized()
    #expect(ending.form == row.form)
    #expect(ending.classCount == row.classCount)
    #expect(ending.observedTensors == row.observed)
    #expect(ending.decodedHeads.map(\.name) == row.heads)
    #expect(ending.oneSidedOutputs == row.oneSided)
    expect(ending.differences, say: row.differences)
    expect(ending.notes, say: row.notes)
  }

  private func expect(_ lines: [String], say words: [String]) {
    #expect(lines.count == words.count, "\(lines)")
    for (line, words) in zip(lines, words) { #expect(line.contains(words), "\(line)") }
  }

  @Test("the classes of the other graph settle what the maps leave open")
  func expectedClasses() {
    var detector = Self.detector
    // 2 anchors of 5 + 4 channels, or 3 anchors of 5 + 1.
    detector.anchors = detector.anchors.map { Array($0.prefix(2)) }
    let graph = detector.headsGraph()
    #expect(graph.recognized().classCount == 1)
    #expect(graph.recognized(expectedClasses: 4).classCount == 4)
    #expect(graph.recognized(expectedClasses: 4).geometry?.layout == detector.layout)
  }

  @Test("the plugin's attributes give strides and anchors, finest scale first")
  func pluginGeometry() {
    var detector = Self.detector
    detector.sizes = [(8, 10), (4, 5), (2, 3)]
    let ending = detector.pluginGraph().recognized()
    #expect(ending.geometry?.layout == detector.layout)
    #expect(ending.ownRule == CandidateRule(threshold: 0.25, measure: .objectness))
    let scales = ending.geometry?.scales
    #expect(scales?.map(\.anchors) == Self.detector.geometry.scales?.map(\.anchors))
    // The network is as wide as 3 cells of stride 32 make it.
    #expect(scales?.map(\.strideX) == [96.0 / 10, 96.0 / 5, 32])
    #expect(scales?.map(\.strideY) == [8, 16, 32])
  }
}

extension MadeUpGraph {
  /// The same graph with the plugin's outputs called otherwise.
  func renamingOutputs(_ names: [String]) -> MadeUpGraph {
    var graph = self
    let last = nodes.count - 1
    for (old, new) in zip(nodes[last].outputs, names) {
      graph.descriptions[new] = graph.descriptions[old]
    }
    graph.nodes[last].outputs = names
    graph.outputs = names
    return graph
  }
}
