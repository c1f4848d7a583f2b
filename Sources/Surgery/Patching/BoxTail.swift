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

  /// From decoded boxes and scores, whatever they are.
  ///
  /// - Parameter shape: of a tensor of the graph.
  mutating func read(_ table: CellTable, classCount: Int, shape: (String) -> Shape?) {
    let isOneTensor = table.boxes.tensor == table.scores.tensor
    var rows = table.boxes.tensor
    if table.boxes.order == .columns {
      rows = add(Transpose.self, "rows", [rows], attributes: ["perm": .ints([0, 2, 1])])
    }
    if shape(table.boxes.tensor)?.rank == 4 { rows = reshape(rows, [0, -1, 4], "boxes") }
    readBoxes(rows, table, isWhole: !isOneTensor && shape(table.boxes.tensor)?.last == 4)
    var scoreRows = isOneTensor ? rows : table.scores.tensor
    if !isOneTensor, table.scores.order == .columns {
      scoreRows = add(
        Transpose.self, "score rows", [scoreRows], attributes: ["perm": .ints([0, 2, 1])])
    }
    let first = table.scores.first
    let count = table.scoreCount(classCount)
    if table.kind == .objectnessAndClasses {
      let objectness = slice(scoreRows, first..<first + 1, "objectness")
      let classes = slice(scoreRows, first + 1..<first + 1 + classCount, "classes")
      scores = add(Mul.self, "scores", [classes, objectness])
      return
    }
    let isWhole = first == 0 && shape(table.scores.tensor)?.last == count
    scores = isWhole ? scoreRows : slice(scoreRows, first..<first + count, "scores")
    switch table.activation {
    case .probability: break
    case .logit: scores = add(Sigmoid.self, "probabilities", [scores])
    case .softmaxWithNothingLast:
      let all = add(Softmax.self, "probabilities", [scores], attributes: ["axis": .int(2)])
      scores = slice(all, 0..<classCount, "classes")
    }
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

  /// - Parameter isWhole: whether a row holds its box alone.
  private mutating func readBoxes(_ rows: String, _ table: CellTable, isWhole: Bool) {
    let first = table.boxes.first
    if table.coding == .centerAndSize, !table.isYFirst {
      corners(
        slice(rows, first..<first + 2, "centres"), slice(rows, first + 2..<first + 4, "sizes"))
    } else {
      boxes = isWhole ? rows : slice(rows, first..<first + 4, "boxes")
      if table.isYFirst {
        let order = constant("x before y", Tensor([Int64(1), 0, 3, 2]))
        boxes = add(Gather.self, "boxes.x first", [boxes, order], attributes: ["axis": .int(2)])
      }
      if table.coding == .centerAndSize {
        let numbers = boxes
        corners(slice(numbers, 0..<2, "centres"), slice(numbers, 2..<4, "sizes"))
      }
    }
    guard !table.unit.isPixels else { return }
    let (x, y) = (table.unit.pixelsX, table.unit.pixelsY)
    boxes = add(
      Mul.self, "boxes.in pixels",
      [boxes, constant("sides of the input", Tensor([x, y, x, y], shape: [1, 1, 4]))])
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
