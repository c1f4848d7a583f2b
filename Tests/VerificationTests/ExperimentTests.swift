import BoxMath
import Detection
import Interpreter
import Kernels
import ONNXGraph
import Surgery
import Tensors
import TestSupport
import Testing
import Verification

/// What boxes and scores are, shown by experiment where no rows can be traced to cells.
struct ExperimentTests {
  /// How a graph gives out its boxes.
  struct Boxes: Sendable, CustomTestStringConvertible {
    var coding = BoxCoding.centerAndSize
    var arePixels = false

    var testDescription: String { "\(coding), \(arePixels ? "pixels" : "fractions")" }

    static let all = [BoxCoding.centerAndSize, .corners].flatMap { coding in
      [false, true].map { Boxes(coding: coding, arePixels: $0) }
    }
  }

  private static let (height, width) = (32, 64)
  private static let sides = Tensor([64, 32, 64, 32] as [Float])

  private static func model(_ graph: GraphBuilder, outputs: [String]) -> Model {
    Model(
      opsets: ["": 13],
      graph: graph.graph(
        inputs: [
          ValueInfo(
            name: "images", elementType: .float32,
            dimensions: [1, 3, height, width].map { .fixed($0) })
        ], outputs: outputs))
  }

  /// Eight queries, each of a part of the image: boxes through a sigmoid, and logits.
  private static func queries(_ boxes: Boxes, throughSigmoid: Bool = false) -> Model {
    var graph = GraphBuilder()
    var generator = SeededGenerator(seed: 5)
    let parts = graph.add(
      "Reshape", "parts", ["images", graph.constant("shape", Tensor([1, 8, 768] as [Int64]))])
    func learned(_ name: String, _ count: Int) -> String {
      let weights = graph.constant(
        "\(name) weights", generator.tensor([768, count], in: -0.1...0.1))
      return graph.add("MatMul", name, [parts, weights])
    }
    var box = graph.add("Sigmoid", "box", [learned("raw boxes", 4)])
    if boxes.coding == .corners {
      // Projections of centre and size onto corners.
      let halves: [Float] = [1, 0, 1, 0, 0, 1, 0, 1, -0.5, 0, 0.5, 0, 0, -0.5, 0, 0.5]
      box = graph.add(
        "MatMul", "corners", [box, graph.constant("halves", Tensor(halves, shape: [4, 4]))])
    }
    if boxes.arePixels { box = graph.add("Mul", "pixels", [box, graph.constant("sides", sides)]) }
    graph.add("Identity", "boxes", [box])
    let scores = learned("logits", 3)
    graph.add(throughSigmoid ? "Sigmoid" : "Identity", "scores", [scores])
    return model(graph, outputs: ["boxes", "scores"])
  }

  /// The ten best of 32 cells: corners, score and label.
  private static func rows(arePixels: Bool) -> Model {
    var graph = GraphBuilder()
    var generator = SeededGenerator(seed: 6)
    func constant(_ name: String, _ values: [Int64]) -> String {
      graph.constant(name, Tensor(values))
    }
    let weights = graph.constant("weights", generator.tensor([5, 3, 8, 8], in: -0.1...0.1))
    let map = graph.add(
      "Conv", "map", ["images", weights], attributes: ["strides": .ints([8, 8])])
    let flat = graph.add("Reshape", "flat", [map, constant("shape", [1, 5, 32])])
    let cells = graph.add("Transpose", "cells", [flat], attributes: ["perm": .ints([0, 2, 1])])
    func columns(_ name: String, _ range: Range<Int>) -> String {
      graph.add(
        "Slice", name,
        [
          cells, constant("\(name) starts", [Int64(range.lowerBound)]),
          constant("\(name) ends", [Int64(range.upperBound)]), constant("\(name) axes", [2]),
        ])
    }
    let grid = (0..<32).flatMap { cell -> [Float] in
      let (x, y) = (Float(cell % 8) * 8, Float(cell / 8) * 8)
      return [x, y, x + 8, y + 8]
    }
    var boxes = graph.add(
      "Add", "placed",
      [columns("moves", 0..<4), graph.constant("grid", Tensor(grid, shape: [1, 32, 4]))])
    if !arePixels {
      boxes = graph.add("Div", "fractions", [boxes, graph.constant("sides", sides)])
    }
    let scores = graph.add("Sigmoid", "probabilities", [columns("logits", 4..<5)])
    graph.add(
      "TopK", "best", [scores, constant("ten", [10])], outputs: ["best scores", "best cells"],
      attributes: ["axis": .int(1)])
    let places = graph.add("Expand", "places", ["best cells", constant("wide", [1, 10, 4])])
    let best = graph.add(
      "GatherElements", "best boxes", [boxes, places], attributes: ["axis": .int(1)])
    let none = graph.add("Sub", "none", ["best cells", "best cells"])
    let labels = graph.add("Cast", "labels", [none], attributes: ["to": .int(1)])
    graph.add("Concat", "rows", [best, "best scores", labels], attributes: ["axis": .int(2)])
    return model(graph, outputs: ["rows"])
  }

  private func established(_ model: Model) throws -> Ending {
    let resolved = try ResolvedGraph(
      model, inputs: ["images": .init(.float32, [1, 3, Self.height, Self.width])])
    let lookup: TensorLookup = { resolved.tensorDescription(of: $0) }
    return model.established(
      Ending.recognize(model.graph, metadata: [:], lookup: lookup), lookup: lookup,
      on: ThreadTeam(threadCount: 1))
  }

  private func report(_ original: Model, _ patched: Model) throws -> Report {
    var generator = SeededGenerator(seed: 7)
    var options = ComparisonOptions()
    options.confidence = 0.01
    return try compareModels(
      Pair(
        original: LoadedModel(path: "a.onnx", model: original),
        patched: LoadedModel(path: "b.onnx", model: patched)),
      images: [
        .tensor(generator.tensor([1, 3, Self.height, Self.width], in: 0...1), name: "noise")
      ], options: options)
  }

  private var fractions: BoxUnit { .fractions(width: Self.width, height: Self.height) }

  @Test(arguments: Boxes.all) func boxesOfQueriesAreShown(_ boxes: Boxes) throws {
    // Whoever reads corners reads probabilities beside them.
    let areProbabilities = boxes.coding == .corners
    let model = Self.queries(boxes, throughSigmoid: areProbabilities)
    let table = try #require(try established(model).table)
    #expect(table.coding == boxes.coding)
    #expect(table.unit == (boxes.arePixels ? .pixels : fractions))
    #expect(table.activation == (areProbabilities ? .probability : .logit))
    let report = try report(Self.queries(Boxes()), model)
    #expect(report.verdict == .equivalent, "\(report.text)")
  }

  @Test func logitsInThePlaceOfProbabilitiesDiffer() throws {
    let report = try report(
      Self.queries(Boxes(), throughSigmoid: true), Self.queries(Boxes()))
    #expect(report.verdict == .different)
    #expect(report.diagnosis?.first?.ids == ["sigmoid-missing"], "\(report.text)")
  }

  @Test(arguments: [true, false]) func boxesOfRowsThatAreKeptAreShown(_ arePixels: Bool) throws {
    let table = try #require(try established(Self.rows(arePixels: arePixels)).kept?.table)
    #expect(table.coding == .corners)
    #expect(table.unit == (arePixels ? .pixels : fractions))
    let report = try report(Self.rows(arePixels: true), Self.rows(arePixels: arePixels))
    #expect(report.verdict == .equivalent, "\(report.text)")
  }
}
