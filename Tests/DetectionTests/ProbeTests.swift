import BoxMath
import Detection
import Foundation
import ONNXGraph
import Tensors
import TestSupport
import Testing

@Suite struct ProbeTests {
  /// How a graph turns maps into its output, done by plain loops on what the probe feeds.
  struct Tail: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var detector = MadeUpDetector()
    /// Which cell stands in each row.
    var order: (@Sendable (Int) -> [Int])?
    var givesProducts = false
    /// Words of the notes to expect; none for a decode that is understood.
    var notes: [String] = []
    var hasScales = true
    /// Changes what the loops made of one cell.
    var change: @Sendable (Cell, inout [Double]) -> Void = { _, _ in }
  }

  static let tails = [
    Tail(testDescription: "canonical rows"),
    Tail(
      testDescription: "shuffled rows",
      order: { count in
        var generator = SeededGenerator(seed: 41)
        return Array(0..<count).shuffled(using: &generator)
      }),
    Tail(testDescription: "coarsest scale first", order: { Array((0..<$0).reversed()) }),
    Tail(testDescription: "corners and products", givesProducts: true),
    Tail(
      testDescription: "anchors of their own on each scale",
      detector: {
        var detector = MadeUpDetector()
        detector.sizes = [(6, 4), (3, 2)]
        detector.strides = [16, 32]
        detector.anchors = [
          [(10.5, 14.25), (23, 27)], [(81, 82), (135, 169), (344, 319), (1, 2)],
        ]
        return detector
      }()),
    Tail(
      testDescription: "one cell on the coarsest scale",
      detector: {
        var detector = MadeUpDetector()
        detector.sizes = [(4, 4), (2, 2), (1, 1)]
        return detector
      }()),
    Tail(
      testDescription: "objectness through two sigmoids",
      change: { _, cell in cell[4] = 1 / (1 + exp(-cell[4])) }),
    Tail(
      testDescription: "all rows alike", notes: ["cannot be traced", "1 values, expected 378"],
      change: { _, cell in cell[4] = 0.5 }),
    Tail(
      testDescription: "centres without their half", notes: ["cannot be recovered"],
      hasScales: false,
      change: { place, cell in cell[0] -= [8.0, 16, 32][place.scale] / 2 }),
    Tail(
      testDescription: "one cell with another width",
      notes: ["scale 1, anchor 1, row 2, column 3"], hasScales: false,
      change: { place, cell in
        if place == Cell(scale: 1, anchor: 1, row: 2, column: 3) { cell[2] += 1 }
      }),
    Tail(
      testDescription: "not a number", notes: ["not finite"], hasScales: false,
      change: { place, cell in if place.column == 2 { cell[3] = .nan } }),
  ]

  @Test("rows and decode are recovered, or why not is said", arguments: tails)
  func recovers(_ tail: Tail) throws {
    let detector = tail.detector
    let graph = tail.givesProducts ? detector.boxesGraph() : detector.decodedGraph()
    let probe = try #require(
      try Probe(graph.graph, graph.recognized()) { graph.descriptions[$0] })
    #expect(probe.runs.count == 1)
    let geometry = probe.geometry(from: probe.runs.map { tail.run($0) })
    #expect(geometry.layout == detector.layout)
    #expect(geometry.notes.count == (tail.notes.isEmpty ? 0 : 1), "\(geometry.notes)")
    for words in tail.notes { #expect(geometry.notes.first?.contains(words) == true) }
    #expect((geometry.scales != nil) == tail.hasScales)
    if let order = tail.order?(detector.layout.cellCount), let rows = geometry.rowOfCell {
      #expect(order.enumerated().allSatisfy { rows[$0.element] == $0.offset })
    } else {
      #expect(geometry.rowOfCell == nil && tail.order == nil)
    }
    guard tail.hasScales else { return }
    for (scale, expected) in zip(geometry.scales!, detector.geometry.scales!) {
      #expect(abs(scale.strideX - expected.strideX) < 1e-4)
      #expect(abs(scale.strideY - expected.strideY) < 1e-4)
      for (anchor, expected) in zip(scale.anchors, expected.anchors) {
        #expect(abs(anchor.width - expected.width) < 1e-4)
        #expect(abs(anchor.height - expected.height) < 1e-4)
      }
    }
  }

  @Test("16-bit maps are told apart in several runs", arguments: [ElementType.float16, .bfloat16])
  func halfPrecision(_ type: ElementType) throws {
    let detector = MadeUpDetector()
    var graph = detector.decodedGraph()
    for (name, description) in graph.descriptions where name != "images" {
      graph.descriptions[name] = TensorDescription(type, description.shape)
    }
    let descriptions = graph.descriptions
    let probe = try #require(
      try Probe(graph.graph, graph.recognized()) { descriptions[$0] })
    #expect(probe.runs.count == 2)
    let tail = Tail(testDescription: "", order: { Array((0..<$0).reversed()) })
    let geometry = probe.geometry(
      from: probe.runs.map { run in
        tail.run(run.mapValues { $0.asFloat }).mapValues { output in
          let values = output.elements(of: Float.self)
          return type == .float16
            ? Tensor(values.map { Half($0) }, shape: output.shape)
            : Tensor(values.map { BFloat16($0) }, shape: output.shape)
        }
      })
    #expect(geometry.rowOfCell == Array((0..<378).reversed()))
    #expect(geometry.notes.isEmpty, "\(geometry.notes)")
  }

  @Test("only a decode of known head maps is probed")
  func unprobed() throws {
    let detector = MadeUpDetector()
    for graph in [detector.headsGraph(), detector.pluginGraph()] {
      #expect(try Probe(graph.graph, graph.recognized()) { graph.descriptions[$0] } == nil)
    }
  }

  @Test("results that are missing or of another shape are said")
  func badResults() throws {
    let graph = MadeUpDetector().decodedGraph()
    let probe = try #require(
      try Probe(graph.graph, graph.recognized()) { graph.descriptions[$0] })
    for results in [[], [[:]], [["output": Tensor([Float(1)])]]] as [[[String: Tensor]]] {
      let geometry = probe.geometry(from: results)
      #expect(geometry.notes.count == 1 && geometry.scales == nil && geometry.rowOfCell == nil)
    }
  }
}

extension ProbeTests.Tail {
  /// The output for what the probe feeds, which are logits.
  func run(_ feed: [String: Tensor]) -> [String: Tensor] {
    let maps = detector.sizes.indices.map { scale in
      let logits = feed["logits\(scale)"]!
      return Tensor(
        logits.elements(of: Float.self).map { 1 / (1 + Float.exp(-$0)) }, shape: logits.shape)
    }
    var cells = detector.decoded(maps)
    for number in cells.indices { change(detector.layout[number], &cells[number]) }
    let order = order?(cells.count) ?? Array(cells.indices)
    let rows = order.map { cells[$0] }
    guard givesProducts else {
      let values: [Float] = rows.flatMap { row in row.map { Float($0) } }
      return ["output": Tensor(values, shape: [1, rows.count, detector.channels])]
    }
    let boxes: [Float] = rows.flatMap(detector.corners)
    let scores: [Float] = rows.flatMap(detector.products)
    return [
      "bbox": Tensor(boxes, shape: [1, rows.count, 1, 4]),
      "cls_score": Tensor(scores, shape: [1, rows.count, detector.classCount]),
    ]
  }
}

extension Tensor {
  fileprivate var asFloat: Tensor {
    switch elementType {
    case .float16: Tensor(elements(of: Half.self).map(\.float), shape: shape)
    case .bfloat16: Tensor(elements(of: BFloat16.self).map(\.float), shape: shape)
    default: self
    }
  }
}
