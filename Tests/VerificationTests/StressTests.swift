import Detection
import Foundation
import ONNXGraph
import Tensors
import Testing
import Verification

/// Faults that made-up head maps show, judged without what the image shows.
struct StressTests {
  /// What stress alone says of a patch of the small detector.
  private func stress(
    _ patched: Model, with original: Model = TinyDetector.original(),
    options: ComparisonOptions = ComparisonOptions()
  ) throws -> (found: StressReport?, report: Report) {
    let report = try TinyDetector.compare(patched, with: original, options: options)
    return (report.stress, report)
  }

  private func expectDifferent(
    _ patched: Model, with original: Model = TinyDetector.original()
  ) throws {
    let (found, report) = try stress(patched, with: original)
    let stress = try #require(found)
    #expect(report.verdict == .different)
    #expect(stress.different > 0 && stress.different <= stress.cases)
    let worst = try #require(stress.worst)
    #expect(worst.cell.scale < 3 && worst.pass < 67)
    #expect(report.reasons.contains { $0.hasPrefix("stress: ") && $0.contains("\(worst.cell)") })
  }

  @Test func theTruePairPasses() throws {
    let (found, report) = try stress(TinyDetector.plugin())
    let stress = try #require(found)
    #expect(report.verdict == .equivalent)
    #expect(stress.cases >= 25_200 && stress.cases < 25_200 + 378)
    #expect(stress.different == 0 && stress.worst == nil)
    #expect(stress.specified > 0)
    #expect(stress.maxBoxErrorPx.value > 0 && stress.maxScoreError.value == 0)
    let coverage = try #require(report.coverage)
    #expect(coverage.stressScaleAnchors.count == 9 && coverage.stressClasses == [0, 1, 2, 3])
    #expect(coverage.scaleAnchorCount == 9 && coverage.classCount == 4)
    #expect(!coverage.imagesScaleAnchors.isEmpty)
  }

  @Test(arguments: HarmlessRewriteTests.rewrites + HarmlessRewriteTests.pluginRewrites)
  func harmlessRewritesPass(_ rewrite: ModelEdit) throws {
    let (found, report) = try stress(rewrite(TinyDetector.plugin()))
    #expect(try #require(found).different == 0, "\(report.text)")
  }

  // All but those of the threshold, which the graphs' ends do not show.
  @Test(
    arguments: WrongPatchTests.attributes.filter { !$0.testDescription.contains("threshold") }
      + WrongPatchTests.sigmoids)
  func wrongPluginsDiffer(_ fault: ModelEdit) throws {
    try expectDifferent(fault(TinyDetector.plugin()))
  }

  /// Faults that a cell shows only where its numbers are extreme.
  static let extremes: [ModelEdit] = [
    ModelEdit("probabilities kept off 0 and 1") { model in
      model.insert(
        "Clip", behind: "p4",
        constants: [Tensor(scalar: Float(1e-3)), Tensor(scalar: Float(0.999))])
    },
    ModelEdit("a sigmoid by way of an exponential that overflows") { model in
      // e^x / (1 + e^x)
      model.edit("map2") { $0.operatorType = "Exp" }
      model.insert("Identity", behind: "p5")
      model.graph.initializers["one"] = Tensor(scalar: Float(1))
      let place = model.graph.nodes.firstIndex { $0.operatorType == "Identity" }!
      let exponential = model.graph.nodes[place].inputs[0]
      model.graph.nodes[place] = Node(
        operatorType: "Div", inputs: [exponential, "sum of one"], outputs: ["p5"])
      model.graph.nodes.insert(
        Node(operatorType: "Add", inputs: [exponential, "one"], outputs: ["sum of one"]), at: place)
    },
    ModelEdit("NaN taken for 0") { model in
      model.insert("Where", behind: "p3", constants: [Tensor(scalar: Float(0))])
      let place = model.graph.nodes.firstIndex { $0.operatorType == "Where" }!
      let value = model.graph.nodes[place].inputs[0]
      model.graph.nodes[place].inputs.insert("is a number", at: 0)
      model.graph.nodes.insert(
        Node(operatorType: "Equal", inputs: [value, value], outputs: ["is a number"]), at: place)
    },
  ]

  @Test(arguments: extremes) func extremesDiffer(_ fault: ModelEdit) throws {
    try expectDifferent(fault(TinyDetector.plugin()))
  }

  @Test(arguments: WrongPatchTests.tails) func wrongDecodesDiffer(_ fault: ModelEdit) throws {
    try expectDifferent(fault(TinyDetector.original()))
    try expectDifferent(TinyDetector.plugin(), with: fault(TinyDetector.original()))
  }

  @Test(arguments: HarmlessRewriteTests.rewrites + HarmlessRewriteTests.tailRewrites)
  func rewrittenExportsPass(_ rewrite: ModelEdit) throws {
    let (found, report) = try stress(rewrite(TinyDetector.original()))
    #expect(try #require(found).different == 0, "\(report.text)")
  }

  @Test(arguments: [true, false]) func bareHeadsAreFedToo(throughSigmoid: Bool) throws {
    let (found, report) = try stress(TinyDetector.heads(sigmoid: throughSigmoid))
    let stress = try #require(found)
    #expect(report.verdict == .equivalent && stress.different == 0, "\(report.text)")
    #expect(stress.heads == .proven)
    var clipped = TinyDetector.heads(sigmoid: throughSigmoid)
    clipped.insert(
      "Clip", behind: throughSigmoid ? "p3" : "head0.conv",
      constants: [Tensor(scalar: Float(1e-3)), Tensor(scalar: Float(0.999))])
    try expectDifferent(clipped)
  }

  @Test func headsThatAreNotProvenAreFedAllTheSame() throws {
    var patched = TinyDetector.plugin()
    patched.editWeights("mix.weight") { $0 = $0.map { $0 * 1.000_000_1 } }
    let (found, _) = try stress(patched)
    #expect(found?.heads == .matched)
    #expect(found?.different == 0)
    patched.edit("YoloLayer") { node in
      guard case .floats(var anchors) = node.attributes["anchors"] else { return }
      anchors[7] += 1
      node.attributes["anchors"] = .floats(anchors)
    }
    try expectDifferent(patched)
  }

  @Test func thresholdsAreExact() throws {
    let above = try stress(TinyDetector.plugin(threshold: Float(0.25).nextUp)).report
    #expect(above.verdict == .different)
    let below = try stress(TinyDetector.plugin(threshold: Float(0.25).nextDown)).report
    #expect(below.verdict == .equivalent, "\(below.text)")
    #expect(below.stress?.different == 0)
  }

  @Test func optionsDecideTheCases() throws {
    var options = ComparisonOptions()
    options.stressCases = 0
    let none = try stress(TinyDetector.plugin(), options: options)
    #expect(none.found == nil && none.report.verdict == .equivalent)
    options.stressCases = 379
    let first = try #require(stress(TinyDetector.plugin(), options: options).found)
    #expect(first.cases == 2 * 378)
    options.stressSeed = 5
    let other = try #require(stress(TinyDetector.plugin(), options: options).found)
    #expect(other.seed == 5 && other != first)
    #expect(try stress(TinyDetector.plugin(), options: options).found == other)
  }

  @Test func whatNoImageDecidedStaysUndecided() throws {
    let models = Pair(
      original: LoadedModel(path: "a.onnx", model: TinyDetector.original()),
      patched: LoadedModel(path: "b.onnx", model: TinyDetector.plugin()))
    let unread = try compareModels(
      models, images: [.file("missing.jpg")], options: ComparisonOptions())
    #expect(unread.verdict == .undecided && unread.stress == nil && unread.coverage == nil)
  }
}
