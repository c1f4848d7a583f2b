import Foundation
import Interpreter
import ONNXGraph
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct YoloLayerTests {
  /// Sizes, classes and threshold of one execution.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var sizes = [(8, 8), (4, 4), (2, 2)]
    var classCount = 3
    var batch = 1
    var threshold: Float = 0.25
    var stride = 32
    var domain = ""

    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "three classes"),
    Case(name: "eighty classes", classCount: 80),
    Case(name: "one class", classCount: 1),
    Case(name: "every cell kept", threshold: 0),
    Case(name: "no cell kept", threshold: 2),
    Case(name: "wide", sizes: [(4, 20), (2, 10), (1, 5)]),
    Case(name: "grid wider than a stretch", sizes: [(12, 12), (6, 6), (3, 3)]),
    Case(name: "batch of three", batch: 3),
    Case(name: "coarsest first", sizes: [(2, 2), (4, 4), (8, 8)]),
    Case(name: "another stride", stride: 64),
    Case(name: "plugin domain", domain: "TRT"),
    Case(name: "no cells", sizes: [(0, 0), (0, 0), (0, 0)]),
    Case(name: "no images", batch: 0),
  ]

  @Test("rows are the kernel's, bit for bit", arguments: cases, [UInt64(1), 2])
  func rows(_ test: Case, seed: UInt64) throws {
    let maps = test.maps(seed: seed)
    let result = try test.run(maps)
    let oracle = KernelOracle<Float>(test, maps)
    #expect(result.counts == oracle.counts)
    #expect(result.classes == oracle.classes)
    #expect(result.scores.map(\.bitPattern) == oracle.scores.map(\.bitPattern))
    #expect(result.boxes.map(\.bitPattern) == oracle.boxes.map(\.bitPattern))
  }

  @Test("the kernel's rounding stays near exact arithmetic", arguments: cases)
  func precision(_ test: Case) throws {
    let maps = test.maps(seed: 3)
    let result = try test.run(maps)
    let exact = KernelOracle<Double>(test, maps)
    for (box, expected) in zip(result.boxes, exact.boxes) {
      #expect(abs(Double(box) - expected) <= 4e-7 * max(abs(expected), 512))
    }
    for (score, expected) in zip(result.scores, exact.scores) {
      #expect(abs(Double(score) - expected) <= 6e-8)
    }
  }

  @Test("float64 maps are computed in double precision")
  func doublePrecision() throws {
    let test = Self.cases[0]
    let maps = test.maps(seed: 4)
    let result = try test.run(
      maps.map { Tensor($0.elements(of: Float.self).map(Double.init), shape: $0.shape) },
      of: Double.self)
    let exact = KernelOracle<Double>(test, maps)
    #expect(result.boxes == exact.boxes)
    #expect(result.scores == exact.scores)
  }

  @Test("an image gives the same rows alone and in a batch")
  func batch() throws {
    let test = Case(name: "batch", batch: 3)
    let maps = test.maps(seed: 5)
    let together = try test.run(maps)
    let rowCount = together.scores.count / 3
    for image in 0..<3 {
      let alone = try Case(name: "alone").run(
        maps.map { map in
          let size = map.shape.elementCount / 3
          let values = map.elements(of: Float.self)[image * size..<(image + 1) * size]
          return Tensor(Array(values), shape: Shape([1] + Array(map.shape.dropFirst())))
        })
      #expect(alone.counts == [together.counts[image]])
      #expect(alone.boxes[...] == together.boxes[image * rowCount * 4..<(image + 1) * rowCount * 4])
    }
  }

  // MARK: Definitions at the edges

  /// One cell's objectness and class values, and the row they have to give.
  struct Edge: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var objectness: Float
    var classes: [Float]
    /// Class and score, or `nil` for a cell that is dropped.
    var row: (classIndex: Int32, score: Float)?
  }

  static let edges = [
    Edge(
      testDescription: "exactly on the threshold", objectness: 0.25, classes: [0.5, 0.25, 0.125],
      row: (0, 0.125)),
    Edge(
      testDescription: "just below", objectness: Float(0.25).nextDown, classes: [1, 0, 0], row: nil),
    Edge(
      testDescription: "score below the threshold", objectness: 0.5, classes: [0.125, 0, 0.25],
      row: (2, 0.125)),
    Edge(
      testDescription: "first of equal classes", objectness: 1, classes: [0.25, 0.5, 0.5],
      row: (1, 0.5)),
    Edge(
      testDescription: "all classes zero", objectness: 1, classes: [0, 0, 0], row: (-1, 0)),
    Edge(
      testDescription: "all classes negative", objectness: 1, classes: [-1, -2, -3], row: (-1, 0)),
    Edge(
      testDescription: "all classes NaN", objectness: 1, classes: [.nan, .nan, .nan],
      row: (-1, 0)),
    Edge(
      testDescription: "a NaN class is passed over", objectness: 1, classes: [.nan, 0.5, .nan],
      row: (1, 0.5)),
    Edge(
      testDescription: "NaN objectness is kept", objectness: .nan, classes: [0.5, 0.75, 0.25],
      row: (1, .nan)),
    Edge(
      testDescription: "infinite objectness", objectness: .infinity, classes: [0.5, 0, 0],
      row: (0, .infinity)),
  ]

  @Test("the edges of its definition", arguments: edges)
  func edge(_ edge: Edge) throws {
    let test = Case(name: "edge")
    var maps = test.maps(seed: 6, objectness: -1...(-0.5))
    var values = maps[1].elements(of: Float.self)
    // Anchor 2 at row 1, column 3 of the 4x4 map with 8 channels.
    let (cell, channel) = (1 * 4 + 3, 2 * 8)
    values[(channel + 4) * 16 + cell] = edge.objectness
    for (index, value) in edge.classes.enumerated() {
      values[(channel + 5 + index) * 16 + cell] = value
    }
    maps[1] = Tensor(values, shape: maps[1].shape)
    let result = try test.run(maps)
    guard let row = edge.row else {
      #expect(result.counts == [0])
      return
    }
    #expect(result.counts == [1])
    #expect(result.classes[0] == row.classIndex)
    #expect(
      result.scores[0] == row.score || (result.scores[0].isNaN && row.score.isNaN),
      "\(result.scores[0])")
    #expect(result.boxes[4...].allSatisfy { $0 == 0 } && result.boxes[..<4].contains { $0 != 0 })
  }

  @Test("absent attributes take the creator's defaults")
  func defaults() throws {
    let test = Case(name: "defaults", classCount: 80, threshold: 0)
    let maps = test.maps(seed: 7, objectness: -0.5...0.5)
    let given = try test.run(maps)
    let absent = try test.run(maps, attributes: ["anchors": .floats(Case.anchors)])
    #expect(absent == given)
    #expect(absent.counts[0] > 0 && absent.counts[0] < 252)
  }

  // MARK: Refusals

  struct Refusal: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var attribute: (name: String, value: Attribute?)?
    var shapes: [Shape] = [[1, 24, 8, 8], [1, 24, 4, 4], [1, 24, 2, 2]]
    var elementType = ElementType.float32
    /// What the message has to say.
    var says: [String]
  }

  static let refusals = [
    Refusal(
      testDescription: "anchors absent", attribute: ("anchors", nil),
      says: ["anchors", "absent", "18"]),
    Refusal(
      testDescription: "anchors as integers",
      attribute: (
        "anchors", .ints([10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 1, 2, 3, 4, 5, 6])
      ),
      says: ["anchors", "INTS", "FLOATS"]),
    Refusal(
      testDescription: "too few anchors", attribute: ("anchors", .floats([1, 2, 3, 4])),
      says: ["anchors", "4", "18"]),
    Refusal(
      testDescription: "an anchor that is no number",
      attribute: ("anchors", .floats([Float](repeating: 1, count: 17) + [.nan])),
      says: ["anchors", "nan", "finite"]),
    Refusal(
      testDescription: "zero stride", attribute: ("max_stride", .int(0)),
      says: ["max_stride", "0", "at least 1"]),
    Refusal(
      testDescription: "negative stride", attribute: ("max_stride", .int(-32)),
      says: ["max_stride", "-32"]),
    Refusal(
      testDescription: "stride beyond all bounds", attribute: ("max_stride", .int(.max)),
      says: ["max_stride", "\(Int.max)"]),
    Refusal(
      testDescription: "stride as a number with a point", attribute: ("max_stride", .float(32)),
      says: ["max_stride", "FLOAT", "INT"]),
    Refusal(
      testDescription: "no classes", attribute: ("num_classes", .int(0)),
      says: ["num_classes", "0", "at least 1"]),
    Refusal(
      testDescription: "as many classes as an integer holds",
      attribute: ("num_classes", .int(.max)),
      says: ["num_classes", "\(Int.max)"]),
    Refusal(
      testDescription: "another number of classes", attribute: ("num_classes", .int(4)),
      says: ["[1,24,8,8]", "27", "num_classes"]),
    Refusal(
      testDescription: "threshold that is no number",
      attribute: ("prenms_score_threshold", .float(.nan)),
      says: ["prenms_score_threshold", "nan", "finite"]),
    Refusal(
      testDescription: "two numbers for one", attribute: ("num_classes", .ints([3, 3])),
      says: ["num_classes", "INTS", "INT"]),
    Refusal(
      testDescription: "two maps", shapes: [[1, 24, 8, 8], [1, 24, 4, 4]], says: ["2 inputs", "3"]),
    Refusal(
      testDescription: "four maps",
      shapes: [[1, 24, 8, 8], [1, 24, 4, 4], [1, 24, 2, 2], [1, 24, 1, 1]],
      says: ["4 inputs", "3"]),
    Refusal(
      testDescription: "a map of five dimensions",
      shapes: [[1, 3, 8, 8, 8], [1, 24, 4, 4], [1, 24, 2, 2]],
      says: ["input 0", "[1,3,8,8,8]", "[N,24,H,W]"]),
    Refusal(
      testDescription: "batches that differ",
      shapes: [[2, 24, 8, 8], [1, 24, 4, 4], [2, 24, 2, 2]], says: ["input 1", "batch 1", "2"]),
    Refusal(
      testDescription: "half precision", elementType: .float16,
      says: ["input 0", "float16", "float32"]),
  ]

  @Test("what it refuses, by name", arguments: refusals)
  func refusal(_ refusal: Refusal) throws {
    var attributes = Case(name: "").attributes
    if let (name, value) = refusal.attribute { attributes[name] = value }
    let names = refusal.shapes.indices.map { "p\($0 + 3)" }
    let model = Case(name: "").model(inputs: names, attributes: attributes)
    let error = #expect(throws: InterpreterError.self) {
      try ResolvedGraph(
        model,
        inputs: Dictionary(
          uniqueKeysWithValues: zip(names, refusal.shapes).map {
            ($0, .init(refusal.elementType, $1))
          }))
    }
    let message = try #require(error).description
    for part in refusal.says { #expect(message.contains(part), "\(message)") }
  }
}

// MARK: Running

extension YoloLayerTests.Case {
  static let anchors: [Float] = [
    10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326,
  ]

  var attributes: [String: Attribute] {
    [
      "max_stride": .int(Int64(stride)), "num_classes": .int(Int64(classCount)),
      "anchors": .floats(Self.anchors), "prenms_score_threshold": .float(threshold),
    ]
  }

  func model(inputs: [String], attributes: [String: Attribute]) -> Model {
    let outputs = ["num", "boxes", "scores", "classes"]
    let graph = Graph(
      inputs: inputs.map { ValueInfo(name: $0, elementType: nil, dimensions: nil) },
      outputs: outputs.map { ValueInfo(name: $0, elementType: nil, dimensions: nil) },
      nodes: [
        Node(
          domain: domain, operatorType: "YoloLayer_TRT", inputs: inputs, outputs: outputs,
          attributes: attributes)
      ])
    return Model(opsets: ["": 12], graph: graph)
  }

  func maps(seed: UInt64, objectness: ClosedRange<Float> = 0...1) -> [Tensor] {
    var generator = SeededGenerator(seed: seed)
    let channels = 5 + classCount
    return sizes.map { rows, columns in
      let shape: Shape = [batch, 3 * channels, rows, columns]
      return Tensor(
        (0..<shape.elementCount).map { index in
          let channel = index / max(rows * columns, 1) % channels
          return Float.random(in: channel == 4 ? objectness : 0...1, using: &generator)
        }, shape: shape)
    }
  }

  func run(_ maps: [Tensor], attributes: [String: Attribute]? = nil) throws -> Rows<Float> {
    try run(maps, of: Float.self, attributes: attributes)
  }

  func run<T: Element>(
    _ maps: [Tensor], of type: T.Type, attributes: [String: Attribute]? = nil
  ) throws -> Rows<T> {
    let names = ["p3", "p4", "p5"]
    let resolved = try ResolvedGraph(
      model(inputs: names, attributes: attributes ?? self.attributes),
      inputs: Dictionary(
        uniqueKeysWithValues: zip(names, maps).map { ($0, .init($1.elementType, $1.shape)) }))
    let outputs = try Plan(resolved).run(
      Dictionary(uniqueKeysWithValues: zip(names, maps)), threads: 1)
    return Rows(
      counts: outputs["num"]!.elements(), boxes: outputs["boxes"]!.elements(),
      scores: outputs["scores"]!.elements(), classes: outputs["classes"]!.elements())
  }
}

struct Rows<T: Equatable>: Equatable {
  var counts: [Int32]
  var boxes: [T]
  var scores: [T]
  var classes: [Int32]
}

/// The plugin's kernel as a plain loop, in `T` but for the corners.
struct KernelOracle<T: FloatingElement> {
  var counts: [Int32] = []
  var boxes: [T] = []
  var scores: [T] = []
  var classes: [Int32] = []

  init(_ test: YoloLayerTests.Case, _ maps: [Tensor]) {
    let cellCount = test.sizes.reduce(0) { $0 + 3 * $1.0 * $1.1 }
    let networkHeight = T(test.sizes[2].0 * test.stride)
    let networkWidth = T(test.sizes[2].1 * test.stride)
    for image in 0..<test.batch {
      var kept = 0
      for (scale, map) in maps.enumerated() {
        let values = map.elements(of: Float.self)
        let (rows, columns) = test.sizes[scale]
        for anchor in 0..<3 {
          for row in 0..<rows {
            for column in 0..<columns {
              func value(_ channel: Int) -> T {
                let first = (image * 3 + anchor) * (5 + test.classCount) + channel
                return T(values[(first * rows + row) * columns + column])
              }
              if value(4) < T(test.threshold) { continue }
              kept += 1
              let x = (value(0) * 2 + -0.5 + T(column)) * networkWidth / T(columns)
              let y = (value(1) * 2 + -0.5 + T(row)) * networkHeight / T(rows)
              let size = YoloLayerTests.Case.anchors[
                (scale * 3 + anchor) * 2..<(scale * 3 + anchor) * 2 + 2]
              let w = T.pow(value(2) * 2, 2) * T(size.first!)
              let h = T.pow(value(3) * 2, 2) * T(size.last!)
              boxes += [
                T(Double(x) - 0.5 * Double(w)), T(Double(y) - 0.5 * Double(h)),
                T(Double(x) + 0.5 * Double(w)), T(Double(y) + 0.5 * Double(h)),
              ]
              var (largest, best) = (T(0), Int32(-1))
              for index in 0..<test.classCount where value(5 + index) > largest {
                (largest, best) = (value(5 + index), Int32(index))
              }
              scores.append(value(4) * largest)
              classes.append(best)
            }
          }
        }
      }
      counts.append(Int32(kept))
      boxes += [T](repeating: 0, count: 4 * (cellCount - kept))
      scores += [T](repeating: 0, count: cellCount - kept)
      classes += [Int32](repeating: 0, count: cellCount - kept)
    }
  }
}

/// The plugin kernel's own arithmetic over real heads, recorded; not part of the project.
private let goldens = RealModels.files(in: "goldens") { $0.hasPrefix("yolov5n_") }

@Suite(RealModels.condition)
struct YoloLayerGoldenTests {
  @Test("candidates of real heads are what the kernel makes of them", arguments: goldens)
  func candidates(path: String) throws {
    let golden = try TensorArchive(contentsOfFile: path)
    let heads: [Float] = try #require(golden["kernel_heads"]).elements()
    let origins: [Int32] = try #require(golden["kernel_origin"]).elements()
    let boxes: [Float] = try #require(golden["kernel_boxes"]).elements()
    let scores: [Float] = try #require(golden["kernel_scores"]).elements()
    let classes: [Int32] = try #require(golden["kernel_classes"]).elements()
    let input: [Int64] = try #require(golden["shape"]).elements()
    let sizes = [8, 16, 32].map { (Int(input[2]) / $0, Int(input[3]) / $0) }
    let test = YoloLayerTests.Case(name: path, sizes: sizes, classCount: 80)
    var maps = sizes.map { [Float](repeating: 0, count: 255 * $0.0 * $0.1) }
    for candidate in scores.indices {
      let origin = origins[candidate * 4..<candidate * 4 + 4].map { Int($0) }
      let (rows, columns) = sizes[origin[0]]
      for channel in 0..<85 {
        let place = ((origin[1] * 85 + channel) * rows + origin[2]) * columns + origin[3]
        maps[origin[0]][place] = heads[candidate * 85 + channel]
      }
    }
    let result = try test.run(
      zip(maps, sizes).map { Tensor($0, shape: [1, 255, $1.0, $1.1]) })
    #expect(result.counts == [Int32(scores.count)] && !scores.isEmpty)
    #expect(result.classes.prefix(classes.count) == classes[...])
    for (score, expected) in zip(result.scores, scores) { #expect(abs(score - expected) <= 1e-7) }
    for (corner, expected) in zip(result.boxes, boxes) { #expect(abs(corner - expected) <= 1e-4) }
  }
}
