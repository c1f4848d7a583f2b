import Foundation
import ONNXGraph
import Tensors
import Testing

@Suite struct EfficientNMSTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var batch = 1
    var boxCount = 60
    var classCount = 3
    var boxesPerPlace: Int?
    var background: Int64 = -1
    var rows: Int64 = 20
    var scoreThreshold: Float = 0.25
    var iouThreshold: Float = 0.45
    var areLogits = false
    var isClassAgnostic = false
    var areCentered = false
    /// Images that have anchors of their own, for boxes that are corrections.
    var anchorBatch: Int?

    var testDescription: String { name }

    var attributes: [String: Attribute] {
      [
        "score_threshold": .float(scoreThreshold), "iou_threshold": .float(iouThreshold),
        "max_output_boxes": .int(rows), "background_class": .int(background),
        "score_activation": .int(areLogits ? 1 : 0),
        "class_agnostic": .int(isClassAgnostic ? 1 : 0), "box_coding": .int(areCentered ? 1 : 0),
        "plugin_version": .string("1"), "plugin_namespace": .string(""),
      ]
    }

    func scene(seed: UInt64) -> CrowdedScene {
      CrowdedScene(
        batch: batch, boxCount: boxCount, classCount: classCount,
        boxesPerPlace: boxesPerPlace ?? 1, seed: seed)
    }

    /// Boxes of rank 3 where every place has one and the case does not ask for rank 4.
    func inputs(_ scene: CrowdedScene) -> [Tensor] {
      let boxes =
        boxesPerPlace == nil
        ? Tensor(scene.boxes, shape: [batch, boxCount, 4]) : scene.boxTensor
      let scores =
        areLogits ? Tensor(scene.scores.map { 4 * $0 - 1 }, shape: scene.scoreTensor.shape) : nil
      let anchors = anchorBatch.map { count in
        Tensor(
          (0..<count * boxCount).flatMap { place -> [Float] in
            [Float(place % 7), Float(place % 5), 6, 5]
          }, shape: [count, boxCount, 4])
      }
      return [boxes, scores ?? scene.scoreTensor] + (anchors.map { [$0] } ?? [])
    }
  }

  static let cases = [
    Case(name: "corners"),
    Case(name: "centre and size", areCentered: true),
    Case(name: "three images", batch: 3),
    Case(name: "one class", classCount: 1),
    Case(name: "boxes of rank 4", boxesPerPlace: 1),
    Case(name: "boxes of their own for each class", batch: 2, boxesPerPlace: 3),
    Case(name: "a background class", background: 0),
    Case(name: "class-agnostic", isClassAgnostic: true),
    Case(name: "logits", areLogits: true),
    Case(name: "logits from a threshold of 0", scoreThreshold: 0, areLogits: true),
    Case(name: "two rows", rows: 2),
    Case(name: "more rows than boxes", boxCount: 7, rows: 100),
    Case(name: "every score", scoreThreshold: 0),
    Case(name: "no score", scoreThreshold: 1),
    Case(name: "corners with anchors", anchorBatch: 1),
    Case(name: "centre and size with anchors", areCentered: true, anchorBatch: 1),
    Case(name: "anchors of each image", batch: 3, areCentered: true, anchorBatch: 3),
    Case(name: "anchors of all images", batch: 3, anchorBatch: 1),
    Case(
      name: "anchors and boxes of each class", batch: 2, boxesPerPlace: 3, anchorBatch: 2),
    Case(name: "no boxes", boxCount: 0),
  ]

  @Test("rows are those of a plain loop", arguments: cases, [UInt64(1), 2, 3])
  func rows(_ test: Case, seed: UInt64) throws {
    var scene = test.scene(seed: seed)
    if test.areCentered, test.anchorBatch != nil {
      // Corrections of a size are exponents.
      scene = CrowdedScene(scene, scaledBy: 0.05)
    }
    let tensors = try run(
      "EfficientNMS_TRT", opset: 12, inputs: test.inputs(scene), attributes: test.attributes,
      outputs: 4)
    let result = try PluginOutputs(tensors)
    let expected = EfficientLoop(test, test.inputs(scene))
    let rows = Int(test.rows)
    #expect(
      result.shapes == [
        [test.batch, 1], [test.batch, rows, 4], [test.batch, rows], [test.batch, rows],
      ])
    #expect(tensors[3].elementType == .int32)
    #expect(result.counts == expected.counts)
    #expect(result.classes == expected.classes)
    #expect(result.scores == expected.scores)
    #expect(result.boxes == expected.boxes)
  }

  /// `EfficientNMSPlugin_PluginGoldenIO.json` of NVIDIA/TensorRT: the plugin's own outputs.
  @Test("NVIDIA's recorded outputs", arguments: [false, true])
  func golden(isClassAgnostic: Bool) throws {
    let boxes: [[Float]] = [
      [0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [0, 10.1, 1, 11.1],
      [0, 100, 1, 101],
    ]
    let scores: [Float] = [
      0.21, 0.22, 0.32, 0.13, 0.3, 0.16, 0.74, 0.06, 0.1, 0.93, 0.77, 0.64,
    ]
    let test = Case(
      name: "", rows: 6, scoreThreshold: 0, iouThreshold: 0.5, isClassAgnostic: isClassAgnostic)
    let result = try PluginOutputs(
      run(
        "EfficientNMS_TRT", opset: 12,
        inputs: [
          Tensor(boxes.flatMap { $0 }, shape: [1, 6, 4]), Tensor(scores, shape: [1, 6, 2]),
        ], attributes: test.attributes, outputs: 4))
    let expected = isClassAgnostic ? [4, 5, 1] : [4, 5, 3, 5, 1, 0]
    #expect(result.counts == [Int32(expected.count)])
    let rest = [Float](repeating: 0, count: 4 * (6 - expected.count))
    #expect(result.boxes == expected.flatMap { boxes[$0] } + rest)
  }

  @Test("only the best 5000 take part")
  func candidateLimit() throws {
    // All far apart; the last box has the best score.
    let count = 5004
    let boxes = (0..<count).flatMap { place -> [Float] in
      let x = Float(10 * place)
      return [x, 0, x + 5, 5]
    }
    let scores: [Float] = (0..<count).map { 0.5 + Float($0) / 16384 }
    let test = Case(name: "", boxCount: count, classCount: 1, rows: 5002)
    let result = try PluginOutputs(
      run(
        "EfficientNMS_TRT", opset: 12,
        inputs: [Tensor(boxes, shape: [1, count, 4]), Tensor(scores, shape: [1, count, 1])],
        attributes: test.attributes, outputs: 4))
    #expect(result.counts == [5000])
    #expect(result.scores[4999] == scores[4])
  }

  @Test("scores and overlaps at their thresholds")
  func thresholds() throws {
    func counts(_ boxes: [Float], _ scores: [Float], iou: Float) throws -> Int32 {
      let test = Case(
        name: "", boxCount: scores.count, classCount: 1, scoreThreshold: 0.5, iouThreshold: iou)
      return try PluginOutputs(
        run(
          "EfficientNMS_TRT", opset: 12,
          inputs: [
            Tensor(boxes, shape: [1, scores.count, 4]),
            Tensor(scores, shape: [1, scores.count, 1]),
          ], attributes: test.attributes, outputs: 4)
      ).counts[0]
    }
    #expect(try counts([0, 0, 1, 1, 5, 5, 6, 6], [0.5, Float(0.5).nextDown], iou: 0.5) == 1)
    #expect(try counts([0, 0, 1, 1, 5, 5, 6, 6], [0.5, .nan], iou: 0.5) == 1)
    #expect(try counts([0, 0, 2, 1, 0, 0, 1, 1], [0.9, 0.8], iou: 0.5) == 1)
    #expect(try counts([0, 0, 2, 1, 0, 0, 1, 1], [0.9, 0.8], iou: Float(0.5).nextUp) == 2)
  }

  @Test("absent attributes have the plugin's defaults")
  func defaults() throws {
    let scene = Case(name: "").scene(seed: 5)
    let inputs = Case(name: "").inputs(scene)
    let result = try PluginOutputs(
      run("EfficientNMS_TRT", opset: 12, inputs: inputs, attributes: [:], outputs: 4))
    let expected = EfficientLoop(
      Case(name: "", rows: 100, scoreThreshold: 0.5, iouThreshold: 0.5), inputs)
    #expect(result.scores == expected.scores)
    #expect(result.classes == expected.classes)
  }

  static let refusals: [(attribute: String, value: Attribute, says: String)] = [
    ("box_coding", .int(2), "attribute box_coding is 2, expected 0 or 1"),
    ("iou_threshold", .float(0), "attribute iou_threshold is 0, expected a number above 0"),
    ("score_threshold", .float(-0.5), "attribute score_threshold is -0.5, expected a finite"),
    ("max_output_boxes", .int(0), "attribute max_output_boxes is 0, expected at least 1"),
    ("max_output_boxes", .float(100), "attribute max_output_boxes is FLOAT, expected INT"),
    ("class_agnostic", .int(3), "attribute class_agnostic is 3, expected 0 or 1"),
    ("plugin_version", .string("0"), "attribute plugin_version is '0', expected '1'"),
    ("background_class", .ints([-1, 0]), "attribute background_class is INTS, expected INT"),
    ("background_class", .floats([-1]), "attribute background_class is FLOATS, expected INT"),
  ]

  @Test("refused with a reason that names the attribute", arguments: 0..<refusals.count)
  func refused(_ row: Int) throws {
    let (attribute, value, says) = Self.refusals[row]
    let test = Case(name: "")
    var attributes = test.attributes
    attributes[attribute] = value
    let inputs = test.inputs(test.scene(seed: 1))
    let found = refusal(
      "EfficientNMS_TRT", opset: 12, inputs[0], inputs[1], attributes: attributes, outputs: 4)
    #expect(found?.contains(says) == true, "\(found ?? "not refused")")
  }

  @Test("a list of one number is that number, and what the creator does not ask for is ignored")
  func attributesAsTensorRTReadsThem() throws {
    let test = Case(name: "", background: 1)
    let inputs = test.inputs(test.scene(seed: 5))
    var attributes = test.attributes
    func result() throws -> [Tensor] {
      try run("EfficientNMS_TRT", opset: 12, inputs: inputs, attributes: attributes, outputs: 4)
    }
    let expected = try result()
    attributes["background_class"] = .ints([1])
    attributes["score_threshold"] = .floats([test.scoreThreshold])
    attributes["comment"] = .string("x")
    #expect(try result() == expected)

    let node = Node(
      operatorType: "EfficientNMS_TRT", inputs: ["b", "s"], outputs: ["n"], attributes: attributes)
    let told = node.pluginRemarks.map(\.text)
    #expect(told.count == 3)
    #expect(told.first?.hasPrefix("attribute comment is none that") == true)
    #expect(told.contains { $0.hasPrefix("attribute background_class is INTS of one number") })
    #expect(told.contains { $0.hasPrefix("attribute score_threshold is FLOATS of one number") })
  }

  @Test("anchors of another number are refused")
  func anchors() throws {
    let test = Case(name: "")
    let inputs = test.inputs(test.scene(seed: 1))
    let anchors = Tensor([Float](repeating: 1, count: 8), shape: [1, 2, 4])
    let found = refusal(
      "EfficientNMS_TRT", opset: 12, inputs[0], inputs[1], anchors, attributes: test.attributes,
      outputs: 4)
    #expect(found?.contains("expected float32 anchors [1,60,4]") == true, "\(found ?? "")")
  }
}

extension CrowdedScene {
  fileprivate init(_ scene: CrowdedScene, scaledBy factor: Float) {
    self.init(
      batch: scene.batch, boxCount: scene.boxCount, classCount: scene.classCount,
      boxesPerPlace: scene.boxesPerPlace, boxes: scene.boxes.map { $0 * factor },
      scores: scene.scores)
  }
}

/// The definition: of all scores that pass, the best, less what overlaps it, and so on.
private struct EfficientLoop {
  var counts: [Int32] = []
  var boxes: [Float] = []
  var scores: [Float] = []
  var classes: [Float] = []

  init(_ test: EfficientNMSTests.Case, _ inputs: [Tensor]) {
    let numbers = inputs.map { $0.elements(of: Float.self) }
    let threshold =
      test.areLogits
      ? (test.scoreThreshold > 0 ? log(test.scoreThreshold / (1 - test.scoreThreshold)) : -32768)
      : test.scoreThreshold
    let perPlace = test.boxesPerPlace ?? 1
    for image in 0..<test.batch {
      var open: [(score: Float, box: [Float], classIndex: Int)] = []
      for place in 0..<test.boxCount {
        for classIndex in 0..<test.classCount where classIndex != test.background {
          let score = numbers[1][(image * test.boxCount + place) * test.classCount + classIndex]
          guard score >= threshold else { continue }
          let box = (image * test.boxCount + place) * perPlace + (perPlace == 1 ? 0 : classIndex)
          var anchor: [Float]?
          if let anchorBatch = test.anchorBatch {
            let first = 4 * ((anchorBatch == 1 ? 0 : image) * test.boxCount + place)
            anchor = Array(numbers[2][first..<first + 4])
          }
          open.append(
            (
              score,
              Self.corners(
                Array(numbers[0][4 * box..<4 * box + 4]), anchor, isCentered: test.areCentered),
              classIndex
            ))
        }
      }
      var count = 0
      while count < Int(test.rows), let top = open.map(\.score).max() {
        let best = open.remove(at: open.firstIndex { $0.score == top }!)
        count += 1
        boxes += best.box
        scores.append(test.areLogits ? 1 / (1 + exp(-best.score)) : best.score)
        classes.append(Float(best.classIndex))
        open.removeAll {
          (test.isClassAgnostic || $0.classIndex == best.classIndex)
            && Self.overlap(best.box, $0.box) >= test.iouThreshold
        }
      }
      counts.append(Int32(count))
      let rest = Int(test.rows) - count
      boxes += [Float](repeating: 0, count: 4 * rest)
      scores += [Float](repeating: 0, count: rest)
      classes += [Float](repeating: 0, count: rest)
    }
  }

  private static func corners(_ box: [Float], _ anchor: [Float]?, isCentered: Bool) -> [Float] {
    var box = box
    if isCentered {
      if let anchor {
        box = [
          box[0] * anchor[2] + anchor[0], box[1] * anchor[3] + anchor[1],
          anchor[2] * exp(box[2]), anchor[3] * exp(box[3]),
        ]
      }
      let (w, h) = (box[2] * 0.5, box[3] * 0.5)
      return [box[0] - w, box[1] - h, box[0] + w, box[1] + h]
    }
    guard let anchor else { return box }
    return (0..<4).map { axis in
      func ordered(_ box: [Float]) -> Float {
        axis < 2 ? min(box[axis], box[axis + 2]) : max(box[axis], box[axis - 2])
      }
      return ordered(box) + ordered(anchor)
    }
  }

  private static func overlap(_ a: [Float], _ b: [Float]) -> Float {
    var (intersection, areaA, areaB): (Float, Float, Float) = (1, 1, 1)
    for axis in 0..<2 {
      let (a1, a2) = (min(a[axis], a[axis + 2]), max(a[axis], a[axis + 2]))
      let (b1, b2) = (min(b[axis], b[axis + 2]), max(b[axis], b[axis + 2]))
      intersection *= max(0, min(a2, b2) - max(a1, b1))
      areaA *= a2 - a1
      areaB *= b2 - b1
    }
    return intersection <= 0 ? 0 : intersection / (areaA + areaB - intersection)
  }
}
