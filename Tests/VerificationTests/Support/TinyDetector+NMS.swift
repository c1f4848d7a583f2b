import ONNXGraph
import Tensors

extension TinyDetector {
  /// NVIDIA's attributes of `BatchedNMSDynamic_TRT`.
  static let batchedAttributes: [String: Attribute] = [
    "shareLocation": .int(1), "backgroundLabelId": .int(-1), "scoreThreshold": .float(0.001),
    "iouThreshold": .float(0.65), "topK": .int(300), "keepTopK": .int(100),
    "numClasses": .int(Int64(classCount)), "clipBoxes": .int(0), "isNormalized": .int(0),
    "scoreBits": .int(16),
  ]

  static let efficientAttributes: [String: Attribute] = [
    "score_threshold": .float(0.1), "iou_threshold": .float(0.45), "max_output_boxes": .int(100),
    "background_class": .int(-1), "score_activation": .int(0), "class_agnostic": .int(0),
    "box_coding": .int(0), "plugin_version": .string("1"),
  ]

  /// Ends in corners `bbox` `[1,378,1,4]` and products `cls_score` `[1,378,4]`.
  static func boxesAndScores() -> Model {
    var model = original()
    model.addBoxesAndScores()
    model.graph.outputs = ["bbox", "cls_score"].map { .init($0) }
    return model
  }

  /// Ends in an NMS plugin that reads corners.
  static func batchedNMS(
    _ changes: [String: Attribute] = [:], type: String = "BatchedNMSDynamic_TRT"
  ) -> Model {
    var model = boxesAndScores()
    model.append(
      type, ["bbox", "cls_score"],
      outputs: ["BatchedNMS", "BatchedNMS_1", "BatchedNMS_2", "BatchedNMS_3"],
      batchedAttributes.merging(changes) { $1 })
    return model
  }

  /// Ends in an NMS plugin that reads corners, or centres and sizes with `box_coding` 1.
  static func efficientNMS(
    _ changes: [String: Attribute] = [:], boxes: String? = nil, scores: String = "cls_score"
  ) -> Model {
    var model = boxesAndScores()
    let attributes = efficientAttributes.merging(changes) { $1 }
    let isCentered = attributes["box_coding"] == .int(1)
    model.append(
      "EfficientNMS_TRT", [boxes ?? (isCentered ? "xywh" : "corners"), scores],
      outputs: ["num_dets", "det_boxes", "det_scores", "det_classes"], attributes)
    return model
  }
}

extension ValueInfo {
  fileprivate init(_ name: String) { self.init(name: name, elementType: nil, dimensions: nil) }
}

extension Model {
  /// Adds a node at the end.
  mutating func add(
    _ type: String, _ inputs: [String], _ output: String, _ attributes: [String: Attribute] = [:]
  ) {
    graph.nodes.append(
      Node(
        operatorType: type, name: output, inputs: inputs, outputs: [output], attributes: attributes)
    )
  }

  /// Adds a plugin whose outputs are the graph's.
  mutating func append(
    _ type: String, _ inputs: [String], outputs: [String], _ attributes: [String: Attribute]
  ) {
    graph.nodes.append(
      Node(
        operatorType: type, name: "NMS", inputs: inputs, outputs: outputs, attributes: attributes))
    graph.outputs = outputs.map { ValueInfo($0) }
  }

  /// Adds columns `first..<last` of `output`'s rows.
  mutating func addColumns(_ range: Range<Int>, of rows: String, _ name: String) {
    for (part, value) in [
      ("starts", range.lowerBound), ("ends", range.upperBound), ("axes", 2),
    ] {
      graph.initializers["\(name).\(part)"] = Tensor([Int64(value)])
    }
    add("Slice", [rows, "\(name).starts", "\(name).ends", "\(name).axes"], name)
  }

  /// Makes `xywh`, `corners`, `bbox` and `cls_score` of `output`.
  mutating func addBoxesAndScores() {
    let width = 5 + TinyDetector.classCount
    addColumns(0..<4, of: "output", "xywh")
    addColumns(0..<2, of: "output", "center")
    addColumns(2..<4, of: "output", "size")
    addColumns(4..<5, of: "output", "objectness")
    addColumns(5..<width, of: "output", "classes")
    graph.initializers["half"] = Tensor(scalar: Float(0.5))
    add("Mul", ["size", "half"], "half size")
    add("Sub", ["center", "half size"], "upper left")
    add("Add", ["center", "half size"], "lower right")
    add("Concat", ["upper left", "lower right"], "corners", ["axis": .int(2)])
    add("Unsqueeze", ["corners"], "bbox", ["axes": .ints([2])])
    add("Mul", ["classes", "objectness"], "cls_score")
  }
}
