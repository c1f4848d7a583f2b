import Detection
import ONNXGraph
import Tensors

/// A graph with the shapes of its tensors, for recognition; it is not run.
struct MadeUpGraph {
  var nodes: [Node] = []
  var initializers: [String: Tensor] = [:]
  var descriptions: [String: TensorDescription] = [:]
  var outputs: [String] = []
  var metadata: [String: String] = [:]

  init(input: Shape) { descriptions["images"] = TensorDescription(.float32, input) }

  @discardableResult
  mutating func add(
    _ type: String, _ inputs: [String], _ output: String, _ shape: Shape,
    _ elementType: ElementType = .float32
  ) -> String {
    nodes.append(Node(operatorType: type, inputs: inputs, outputs: [output]))
    descriptions[output] = TensorDescription(elementType, shape)
    return output
  }

  mutating func constant(_ name: String) -> String {
    initializers[name] = Tensor(scalar: Float(2))
    return name
  }

  var graph: Graph {
    Graph(
      inputs: [ValueInfo(name: "images", elementType: .float32, dimensions: nil)],
      outputs: outputs.map { ValueInfo(name: $0, elementType: nil, dimensions: nil) },
      initializers: initializers, nodes: nodes)
  }

  func recognized(expectedClasses: Int? = nil) -> Ending {
    Ending.recognize(graph, metadata: metadata, expectedClasses: expectedClasses) {
      descriptions[$0]
    }
  }
}

extension MadeUpDetector {
  var inputShape: Shape {
    [batch, 3, sizes[0].rows * Int(strides[0]), sizes[0].columns * Int(strides[0])]
  }

  /// The logits of every scale, made by convolutions.
  func addLogits(to graph: inout MadeUpGraph) -> [String] {
    sizes.indices.map { scale in
      graph.add(
        "Conv", ["images", graph.constant("weight\(scale)")], "logits\(scale)",
        mapShape(scale))
    }
  }

  func mapShape(_ scale: Int) -> Shape {
    [batch, anchors[scale].count * channels, sizes[scale].rows, sizes[scale].columns]
  }

  /// Ends in `output` `[N, A, 5+nc]`.
  func decodedGraph() -> MadeUpGraph {
    var graph = MadeUpGraph(input: inputShape)
    let rows = addLogits(to: &graph).enumerated().map { scale, logits in
      addDecode(of: logits, scale, to: &graph)
    }
    graph.add("Concat", rows, "output", [batch, layout.cellCount, channels])
    graph.outputs = ["output"]
    return graph
  }

  /// Adds what turns one scale's logits into rows, and returns the rows' name.
  func addDecode(of logits: String, _ scale: Int, to graph: inout MadeUpGraph) -> String {
    let (rows, columns) = sizes[scale]
    let count = anchors[scale].count
    let two = graph.constant("two")
    func shape(_ channels: Int) -> Shape { [batch, count, rows, columns, channels] }
    graph.add(
      "Reshape", [logits, graph.constant("shape")], "reshaped\(scale)",
      [batch, count, channels, rows, columns])
    graph.add("Transpose", ["reshaped\(scale)"], "transposed\(scale)", shape(channels))
    graph.add("Sigmoid", ["transposed\(scale)"], "sigmoid\(scale)", shape(channels))
    graph.add("Slice", ["sigmoid\(scale)"], "xy\(scale)", shape(2))
    graph.add("Slice", ["sigmoid\(scale)"], "wh\(scale)", shape(2))
    graph.add("Slice", ["sigmoid\(scale)"], "rest\(scale)", shape(channels - 4))
    graph.add("Mul", ["xy\(scale)", two], "center\(scale)", shape(2))
    graph.add("Pow", ["wh\(scale)", two], "size\(scale)", shape(2))
    graph.add(
      "Concat", ["center\(scale)", "size\(scale)", "rest\(scale)"], "cells\(scale)",
      shape(channels))
    return graph.add(
      "Reshape", ["cells\(scale)", graph.constant("rows")], "rows\(scale)",
      [batch, count * rows * columns, channels])
  }

  /// Ends in sigmoid maps `p3`, `p4`, `p5`.
  func headsGraph() -> MadeUpGraph {
    var graph = MadeUpGraph(input: inputShape)
    for (scale, logits) in addLogits(to: &graph).enumerated() {
      graph.outputs.append(
        graph.add("Sigmoid", [logits], "p\(scale + 3)", mapShape(scale)))
    }
    return graph
  }

  /// Ends in the plugin.
  func pluginGraph(threshold: Float = 0.25) -> MadeUpGraph {
    var graph = headsGraph()
    let count = layout.cellCount
    let outputs = [
      "DecodeNumDetection", "DecodeDetectionBoxes", "DecodeDetectionScores",
      "DecodeDetectionClasses",
    ]
    graph.nodes.append(
      Node(
        operatorType: "YoloLayer_TRT", name: "YoloLayer", inputs: graph.outputs, outputs: outputs,
        attributes: [
          "max_stride": .int(32), "num_classes": .int(Int64(classCount)),
          "anchors": .floats(anchors.joined().flatMap { [Float($0.0), Float($0.1)] }),
          "prenms_score_threshold": .float(threshold),
        ]))
    graph.descriptions[outputs[0]] = TensorDescription(.int32, [batch, 1])
    graph.descriptions[outputs[1]] = TensorDescription(.float32, [batch, count, 4])
    graph.descriptions[outputs[2]] = TensorDescription(.float32, [batch, count])
    graph.descriptions[outputs[3]] = TensorDescription(.int32, [batch, count])
    graph.outputs = outputs
    return graph
  }

  /// Ends in `bbox` `[N, A, 1, 4]` and `cls_score` `[N, A, nc]`.
  func boxesGraph() -> MadeUpGraph {
    var graph = decodedGraph()
    let (count, two) = (layout.cellCount, graph.constant("two"))
    graph.add("Slice", ["output"], "corners", [batch, count, 4])
    graph.add("Reshape", ["corners", graph.constant("shape")], "bbox", [batch, count, 1, 4])
    graph.add("Slice", ["output"], "objectness", [batch, count, 1])
    graph.add("Slice", ["output"], "classes", [batch, count, classCount])
    graph.add("Mul", ["classes", "objectness"], "cls_score", [batch, count, classCount])
    _ = two
    graph.outputs = ["bbox", "cls_score"]
    return graph
  }
}
