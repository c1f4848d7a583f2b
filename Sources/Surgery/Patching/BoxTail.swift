import BoxMath
import Detection
import ONNXGraph
import Operators
import Tensors

/// Nodes that make boxes `[N, A, 4]` (corners, in pixels of the network's input) and scores
/// `[N, A, nc]` of what a detector gives out.
struct BoxTail {
  private(set) var nodes: [Node] = []
  private(set) var constants: [String: Tensor] = [:]
  private(set) var boxes = ""
  private(set) var scores = ""
  private let model: Model
  private let opset: Int

  init(_ model: Model) {
    self.model = model
    opset = model.opsets[""] ?? 0
  }

  /// From rows of cx, cy, w, h, objectness and classes.
  mutating func readRows(_ rows: String, classCount: Int) {
    readBoxes(rows)
    let objectness = slice(rows, 4..<5, "objectness")
    let classes = slice(rows, 5..<5 + classCount, "classes")
    scores = add(Mul.self, "scores", [classes, objectness])
  }

  /// From columns of cx, cy, w, h and classes, as YOLOv8 has them.
  mutating func readColumns(_ columns: String, classCount: Int) {
    let rows = add(Transpose.self, "rows", [columns], attributes: ["perm": .ints([0, 2, 1])])
    readBoxes(rows)
    scores = slice(rows, 4..<4 + classCount, "scores")
  }

  /// From boxes and scores that are there.
  mutating func take(boxes: String, rank: Int, scores: String) {
    self.boxes = rank == 4 ? reshape(boxes, [0, -1, 4], "boxes") : boxes
    self.scores = scores
  }

  /// From head maps of known size that nothing decodes: cells in the order scale, anchor, row,
  /// column.
  mutating func decode(_ heads: PatchHeads, _ scales: [DecodeGeometry.Scale]) {
    var parts: [String] = []
    var (cells, sizes, strides) = ([Float](), [Float](), [Float]())
    for (index, (map, scale)) in zip(heads.maps, scales).enumerated() {
      let places = map.rows * map.columns
      let split = reshape(
        map.name, [0, map.anchors, map.channels, places], "map\(index)")
      let rows = add(
        Transpose.self, "map\(index).cells", [split], attributes: ["perm": .ints([0, 1, 3, 2])])
      parts.append(reshape(rows, [0, map.anchors * places, map.channels], "map\(index).rows"))
      for anchor in scale.anchors {
        for place in 0..<places {
          cells += [Float(place % map.columns) - 0.5, Float(place / map.columns) - 0.5]
          sizes += [anchor.width, anchor.height]
          strides += [Float(scale.strideX), Float(scale.strideY)]
        }
      }
    }
    var rows = add(Concat.self, "cells", parts, attributes: ["axis": .int(1)])
    if !heads.isThroughSigmoid { rows = add(Sigmoid.self, "sigmoid", [rows]) }
    func grid(_ values: [Float]) -> Tensor {
      Tensor(values, shape: [1, values.count / 2, 2])
    }
    let two = constant("two", Tensor(scalar: Float(2)))
    let xy = add(
      Mul.self, "centres",
      [
        add(
          Add.self, "centres.in cells",
          [
            add(Mul.self, "centres.doubled", [slice(rows, 0..<2, "xy"), two]),
            constant("grid", grid(cells)),
          ]), constant("strides", grid(strides)),
      ])
    let doubled = add(Mul.self, "sizes.doubled", [slice(rows, 2..<4, "wh"), two])
    let wh = add(
      Mul.self, "sizes",
      [
        add(Mul.self, "sizes.squared", [doubled, doubled]),
        constant("anchors", grid(sizes)),
      ])
    corners(xy, wh)
    scores = add(
      Mul.self, "scores",
      [
        slice(rows, 5..<5 + heads.classCount, "classes"), slice(rows, 4..<5, "objectness"),
      ])
  }

  /// Casts boxes and scores that are not float32.
  mutating func cast() {
    boxes = add(Cast.self, "boxes.float32", [boxes], attributes: ["to": .int(1)])
    scores = add(Cast.self, "scores.float32", [scores], attributes: ["to": .int(1)])
  }

  /// Gives each box an axis for its classes: `[N, A, 1, 4]`.
  mutating func addClassAxis() {
    if opset < 13 {
      boxes = add(Unsqueeze.self, "bbox", [boxes], attributes: ["axes": .ints([2])])
    } else {
      boxes = add(Unsqueeze.self, "bbox", [boxes, constant("class axis", Tensor([Int64(2)]))])
    }
  }

  // MARK: Nodes

  private mutating func readBoxes(_ rows: String) {
    corners(slice(rows, 0..<2, "centres"), slice(rows, 2..<4, "sizes"))
  }

  private mutating func corners(_ centres: String, _ sizes: String) {
    let half = add(Mul.self, "sizes.half", [sizes, constant("half", Tensor(scalar: Float(0.5)))])
    let first = add(Sub.self, "corners.first", [centres, half])
    let last = add(Add.self, "corners.last", [centres, half])
    boxes = add(Concat.self, "boxes", [first, last], attributes: ["axis": .int(2)])
  }

  private mutating func slice(_ tensor: String, _ range: Range<Int>, _ name: String) -> String {
    if opset < 10 {
      return add(
        Slice.self, name, [tensor],
        attributes: [
          "starts": .ints([Int64(range.lowerBound)]), "ends": .ints([Int64(range.upperBound)]),
          "axes": .ints([2]),
        ])
    }
    let bounds = [range.lowerBound, range.upperBound, 2].map { value in
      constant("\(value)", Tensor([Int64(value)]))
    }
    return add(Slice.self, name, [tensor] + bounds)
  }

  private mutating func reshape(_ tensor: String, _ shape: [Int], _ name: String) -> String {
    add(Reshape.self, name, [tensor, constant("\(name).shape", Tensor(shape.map { Int64($0) }))])
  }

  private mutating func add(
    _ definition: any Operator.Type, _ name: String, _ inputs: [String],
    attributes: [String: Attribute] = [:]
  ) -> String {
    let output = model.graph.freeName("nms.\(name)")
    nodes.append(
      Node(
        operatorType: definition.type, name: output, inputs: inputs, outputs: [output],
        attributes: attributes))
    return output
  }

  private mutating func constant(_ name: String, _ value: Tensor) -> String {
    let free = model.graph.freeName("nms.constant \(name)")
    constants[free] = value
    return free
  }
}
