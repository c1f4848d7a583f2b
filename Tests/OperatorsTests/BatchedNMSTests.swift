import ONNXGraph
import Tensors
import Testing

@Suite struct BatchedNMSTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var batch = 1
    var boxCount = 60
    var classCount = 3
    var sharesBoxes = true
    var background: Int64 = -1
    var topK: Int64 = 40
    var keepTopK: Int64 = 20
    var scoreThreshold: Float = 0.25
    var iouThreshold: Float = 0.45
    var isNormalized = false
    var clipsBoxes = false
    var caffeSemantics: Bool?

    var testDescription: String { name }

    var attributes: [String: Attribute] {
      var attributes: [String: Attribute] = [
        "shareLocation": .int(sharesBoxes ? 1 : 0), "backgroundLabelId": .int(background),
        "numClasses": .int(Int64(classCount)), "topK": .int(topK), "keepTopK": .int(keepTopK),
        "scoreThreshold": .float(scoreThreshold), "iouThreshold": .float(iouThreshold),
        "isNormalized": .int(isNormalized ? 1 : 0), "clipBoxes": .int(clipsBoxes ? 1 : 0),
        "scoreBits": .int(16), "plugin_version": .string("1"),
      ]
      if let caffeSemantics { attributes["caffeSemantics"] = .int(caffeSemantics ? 1 : 0) }
      return attributes
    }

    func scene(seed: UInt64) -> CrowdedScene {
      CrowdedScene(
        batch: batch, boxCount: boxCount, classCount: classCount,
        boxesPerPlace: sharesBoxes ? 1 : classCount, seed: seed)
    }
  }

  static let cases = [
    Case(name: "pixels"),
    Case(name: "normalized", isNormalized: true),
    Case(name: "pixels of the boxes alone", caffeSemantics: false),
    Case(name: "three images", batch: 3),
    Case(name: "one class", classCount: 1),
    Case(name: "boxes of their own for each class", batch: 2, sharesBoxes: false),
    Case(name: "a background class", background: 1),
    Case(name: "few of each class", topK: 6, keepTopK: 6),
    Case(name: "one row", keepTopK: 1),
    Case(name: "more rows than boxes", boxCount: 7, topK: 300, keepTopK: 300),
    Case(name: "every score above zero", scoreThreshold: 0),
    Case(name: "no score", scoreThreshold: 1),
    Case(name: "any overlap", iouThreshold: 0),
    Case(name: "clipped", clipsBoxes: true),
    Case(name: "no boxes", boxCount: 0),
  ]

  @Test("rows are those of the kernels, step by step", arguments: cases, [UInt64(1), 2, 3])
  func rows(_ test: Case, seed: UInt64) throws {
    let scene = test.scene(seed: seed)
    let inputs = [scene.boxTensor, scene.scoreTensor]
    let tensors = try run(
      "BatchedNMSDynamic_TRT", opset: 12, inputs: inputs, attributes: test.attributes, outputs: 4)
    let result = try PluginOutputs(tensors)
    let expected = BatchedKernels(test, scene)
    let rows = Int(test.keepTopK)
    #expect(
      result.shapes == [
        [test.batch, 1], [test.batch, rows, 4], [test.batch, rows], [test.batch, rows],
      ])
    #expect(tensors[3].elementType == .float32)
    #expect(result.counts == expected.counts)
    #expect(result.boxes == expected.boxes)
    #expect(result.scores == expected.scores)
    #expect(result.classes == expected.classes)

    let fixed = try run(
      "BatchedNMS_TRT", opset: 12, inputs: inputs, attributes: test.attributes, outputs: 4)
    #expect(fixed[0].shape == [test.batch])
    #expect(try PluginOutputs(fixed).boxes == result.boxes)
  }

  @Test("float64 and float16 inputs")
  func otherTypes() throws {
    let test = Self.cases[0]
    let scene = test.scene(seed: 4)
    let expected = BatchedKernels(test, scene)
    let doubles = try run(
      "BatchedNMSDynamic_TRT", opset: 12,
      inputs: [
        Tensor(scene.boxes.map { Double($0) }, shape: scene.boxTensor.shape),
        Tensor(scene.scores.map { Double($0) }, shape: scene.scoreTensor.shape),
      ], attributes: test.attributes, outputs: 4)
    #expect(doubles[1].elements(of: Double.self).map { Float($0) } == expected.boxes)
    #expect(doubles[3].elements(of: Double.self).map { Float($0) } == expected.classes)

    let halves = try run(
      "BatchedNMSDynamic_TRT", opset: 12,
      inputs: [
        Tensor(scene.boxes.map { Half($0) }, shape: scene.boxTensor.shape),
        Tensor(scene.scores.map { Half($0) }, shape: scene.scoreTensor.shape),
      ], attributes: test.attributes, outputs: 4)
    #expect(halves.map(\.elementType) == [.int32, .float16, .float16, .float16])
    #expect(halves[2].elements(of: Half.self).map(\.float).prefix(8) == expected.scores.prefix(8))
  }

  // MARK: Definitions at the edges

  /// Boxes of one image and one class, and which of them stay.
  private func kept(
    _ boxes: [[Float]], _ scores: [Float], _ change: (inout Case) -> Void = { _ in }
  ) throws -> [Float] {
    var test = Case(
      name: "", boxCount: boxes.count, classCount: 1, topK: 10, keepTopK: 10, scoreThreshold: 0.5,
      iouThreshold: 0.5, isNormalized: true)
    change(&test)
    let result = try PluginOutputs(
      run(
        "BatchedNMSDynamic_TRT", opset: 12,
        inputs: [
          Tensor(boxes.flatMap { $0 }, shape: [1, boxes.count, 1, 4]),
          Tensor(scores, shape: [1, boxes.count, 1]),
        ], attributes: test.attributes, outputs: 4))
    return Array(result.scores.prefix(Int(result.counts[0])))
  }

  @Test("a score at the threshold does not pass, an overlap at the threshold does")
  func thresholds() throws {
    let apart: [[Float]] = [[0, 0, 1, 1], [5, 0, 6, 1], [9, 0, 10, 1]]
    #expect(try kept(apart, [0.5, Float(0.5).nextUp, .nan]) == [Float(0.5).nextUp])
    let half: [[Float]] = [[0, 0, 2, 1], [0, 0, 1, 1]]
    #expect(try kept(half, [0.9, 0.8]) == [0.9, 0.8])
    #expect(try kept(half, [0.9, 0.8]) { $0.iouThreshold = Float(0.5).nextDown } == [0.9])
  }

  @Test("the border of a pixel decides by isNormalized and caffeSemantics")
  func border() throws {
    // Normalized 1/3; 18/(27+27-18) = 1/2 with the border; 8/(27+27-8) = 8/46 in the boxes alone.
    let boxes: [[Float]] = [[0, 0, 8, 2], [3, 0, 11, 2]]
    func threshold(_ overlap: Float, _ change: @escaping (inout Case) -> Void) throws {
      #expect(
        try kept(boxes, [0.9, 0.8]) {
          change(&$0)
          $0.iouThreshold = overlap
        } == [0.9, 0.8])
      #expect(
        try kept(boxes, [0.9, 0.8]) {
          change(&$0)
          $0.iouThreshold = overlap.nextDown
        } == [0.9])
    }
    try threshold(10 / 22) { $0.isNormalized = true }
    try threshold(18 / 36) { $0.isNormalized = false }
    try threshold(10 / 44) {
      $0.isNormalized = false
      $0.caffeSemantics = false
    }
  }

  @Test("boxes that lie apart share one pixel with caffeSemantics")
  func apart() throws {
    let points: [[Float]] = [[0, 0, 0, 0], [7, 7, 7, 7]]
    #expect(try kept(points, [0.9, 0.8]) { $0.isNormalized = false } == [0.9])
    #expect(try kept(points, [0.9, 0.8]) == [0.9, 0.8])
  }

  @Test("corners in any order")
  func order() throws {
    #expect(try kept([[0, 0, 2, 2], [2, 2, 0, 0]], [0.9, 0.8]) == [0.9])
  }

  // MARK: Refusals

  struct Refusal: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var attribute: String
    var value: Attribute?
    var boxes: Shape = [1, 5, 1, 4]
    var scores: Shape = [1, 5, 3]
    var says: String
  }

  static let refusals = [
    Refusal(
      testDescription: "keepTopK above topK", attribute: "keepTopK", value: .int(41),
      says: "attribute keepTopK is 41, expected at most topK, which is 40"),
    Refusal(
      testDescription: "topK above what the threads hold", attribute: "topK", value: .int(4097),
      says: "attribute topK is 4097, expected 1 to 4096"),
    Refusal(testDescription: "no topK", attribute: "topK", value: nil, says: "topK is absent"),
    Refusal(
      testDescription: "numClasses of another network", attribute: "numClasses", value: .int(4),
      says: "input 1 has scores of 3 classes, expected 4 (attribute numClasses)"),
    Refusal(
      testDescription: "boxes of each class", attribute: "shareLocation", value: .int(0),
      says: "input 0 has 1 boxes at each place, expected 3 (attribute shareLocation)"),
    Refusal(
      testDescription: "a flag of two", attribute: "isNormalized", value: .int(2),
      says: "attribute isNormalized is 2, expected 0 or 1"),
    Refusal(
      testDescription: "an integer threshold", attribute: "scoreThreshold", value: .int(0),
      says: "attribute scoreThreshold is INT, expected FLOAT"),
    Refusal(
      testDescription: "a negative threshold", attribute: "scoreThreshold", value: .float(-1),
      says: "attribute scoreThreshold is -1.0, expected a finite number from 0"),
    Refusal(
      testDescription: "a threshold that is no number", attribute: "iouThreshold",
      value: .float(.nan), says: "attribute iouThreshold is nan"),
    Refusal(
      testDescription: "another version", attribute: "plugin_version", value: .string("2"),
      says: "attribute plugin_version is '2', expected '1'"),
    Refusal(
      testDescription: "two numbers for one", attribute: "topK", value: .ints([40, 40]),
      says: "attribute topK is INTS, expected INT"),
    Refusal(
      testDescription: "boxes without classes", attribute: "clipBoxes", value: .int(0),
      boxes: [1, 5, 4], says: "input 0 has shape [1,5,4], expected boxes [N,A,b,4]"),
    Refusal(
      testDescription: "scores of other boxes", attribute: "clipBoxes", value: .int(0),
      scores: [1, 6, 3], says: "expected the same number of images and boxes"),
  ]

  @Test("refused with a reason that names the attribute", arguments: refusals)
  func refused(_ row: Refusal) throws {
    var attributes = Self.cases[0].attributes
    attributes[row.attribute] = row.value
    func zeros(_ shape: Shape) -> Tensor {
      Tensor([Float](repeating: 0, count: shape.elementCount), shape: shape)
    }
    let found = refusal(
      "BatchedNMSDynamic_TRT", opset: 12, zeros(row.boxes), zeros(row.scores),
      attributes: attributes, outputs: 4)
    #expect(found?.contains(row.says) == true, "\(found ?? "not refused")")
  }
}

/// What the four kernels do, one after the other, with an array for each of their buffers.
private struct BatchedKernels {
  var counts: [Int32] = []
  var boxes: [Float] = []
  var scores: [Float] = []
  var classes: [Float] = []

  init(_ test: BatchedNMSTests.Case, _ scene: CrowdedScene) {
    for image in 0..<test.batch {
      var merged: [(score: Float, classIndex: Int, box: Int)] = []
      for classIndex in 0..<test.classCount where classIndex != test.background {
        let passed = (0..<test.boxCount).filter {
          scene.score(image, $0, classIndex) > test.scoreThreshold
        }
        let sorted = passed.sorted {
          let (a, b) = (scene.score(image, $0, classIndex), scene.score(image, $1, classIndex))
          return a == b ? $0 < $1 : a > b
        }.prefix(Int(test.topK))
        var isAlive = sorted.map { _ in true }
        for (place, box) in sorted.enumerated() where isAlive[place] {
          merged.append((scene.score(image, box, classIndex), classIndex, box))
          for (later, other) in sorted.enumerated() where later > place {
            let overlap = Self.overlap(
              scene.box(image, box, classIndex), scene.box(image, other, classIndex), test)
            if overlap > test.iouThreshold { isAlive[later] = false }
          }
        }
      }
      // Stable: what comes first in the buffer stays first.
      let rows = merged.enumerated().sorted {
        ($1.element.score, $0.offset) < ($0.element.score, $1.offset)
      }.prefix(Int(test.keepTopK)).map { $0.element }
      counts.append(Int32(rows.count))
      for row in rows {
        let box = scene.box(image, row.box, row.classIndex)
        boxes += test.clipsBoxes ? box.map { max(0, min(1, $0)) } : box
        scores.append(row.score)
        classes.append(Float(row.classIndex))
      }
      let rest = Int(test.keepTopK) - rows.count
      boxes += [Float](repeating: 0, count: 4 * rest)
      scores += [Float](repeating: 0, count: rest)
      classes += [Float](repeating: -1, count: rest)
    }
  }

  private static func overlap(
    _ a: [Float], _ b: [Float], _ test: BatchedNMSTests.Case
  ) -> Float {
    var sizes: [Float] = []
    var shared: [Float] = []
    let border: Float = test.isNormalized ? 0 : 1
    var areApart = false
    for axis in 0..<2 {
      let (a1, a2) = (min(a[axis], a[axis + 2]), max(a[axis], a[axis + 2]))
      let (b1, b2) = (min(b[axis], b[axis + 2]), max(b[axis], b[axis + 2]))
      sizes += [a2 - a1 + border, b2 - b1 + border]
      shared.append(min(a2, b2) - max(a1, b1))
      if shared[axis] < 0 { areApart = true }
    }
    if areApart { shared = [0, 0] }
    if !test.isNormalized, test.caffeSemantics ?? true { shared = shared.map { $0 + 1 } }
    guard shared[0] > 0, shared[1] > 0 else { return 0 }
    let intersection = shared[0] * shared[1]
    return intersection / (sizes[0] * sizes[2] + sizes[1] * sizes[3] - intersection)
  }
}
