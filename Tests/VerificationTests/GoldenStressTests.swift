import Detection
import Foundation
import ONNXGraph
import Tensors
import Testing
import Verification

/// Made-up cases of a record: of the fixtures' detector on a scene without an object, so that no
/// candidate tells anything.
struct GoldenStressTests {
  private static let record = Result {
    try FileGolden(
      of: "\(FixtureTests.folder)/detector_original.onnx",
      images: ["\(FixtureTests.folder)/scenes/empty.jpg"])
  }
  private static let plugin = Result { () throws(ModelError) in
    try Model(contentsOfFile: "\(FixtureTests.folder)/detector_yololayer.onnx")
  }

  private func check(
    _ model: Model, _ change: (inout Golden) -> Void = { _ in }
  ) throws -> Report {
    try Self.record.get().check(model, change)
  }

  @Test(arguments: [
    "original", "original_dynamic", "heads_dynamic", "yololayer", "yololayer_dynamic",
  ])
  func everyFormAgrees(_ form: String) throws {
    let report = try check(
      Model(contentsOfFile: "\(FixtureTests.folder)/detector_\(form).onnx"))
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    let stress = try #require(report.stress, "\(report.notes)")
    #expect(stress.cases >= 25_200 && stress.different == 0)
    #expect(stress.means?.compared == 9 * (4 + 1 + 5 + 3) && stress.means?.different == 0)
    #expect((stress.specified > 0) == form.hasPrefix("yololayer"))
    #expect(report.coverage?.stressScaleAnchors.count == 9)
    #expect(report.diagnosis == nil)
  }

  private func expectFound(_ report: Report, scale: Int, anchor: Int, class index: Int? = nil) {
    #expect(report.verdict == .different, "\(report.text)")
    #expect(report.reasons.contains { $0.hasPrefix("stress: ") })
    if let worst = report.stress?.worst {
      #expect(worst.cell.scale == scale && worst.cell.anchor == anchor, "\(report.reasons)")
      if let index { #expect([index, index + 1].contains(worst.class), "\(report.reasons)") }
    }
    let mean = report.stress?.means?.worst
    #expect(mean?.scale == scale && mean?.anchor == anchor, "\(report.reasons)")
    if let index, let found = mean?.class { #expect([index, index + 1].contains(found)) }
    #expect(report.junit.contains("name=\"stress\""))
  }

  /// The place of a fault is named, also where the recorded means alone are held against it.
  @Test(arguments: 0..<18, [true, false]) func anAnchor(_ number: Int, isDecoded: Bool) throws {
    let report = try check(PluginFaults.anchors[number](Self.plugin.get())) {
      $0.stress!.isDecoded = isDecoded
    }
    expectFound(report, scale: number / 6, anchor: number / 2 % 3)
    #expect((report.stress?.worst != nil) == isDecoded)
    if isDecoded {
      #expect(report.diagnosis?.first?.ids == ["anchor-value"], "\(report.text)")
    }
  }

  @Test(arguments: 0..<12, [true, false]) func twoClasses(_ number: Int, isDecoded: Bool) throws {
    let fault = PluginFaults.classes(count: 5)[number]
    let report = try check(fault(Self.plugin.get())) { $0.stress!.isDecoded = isDecoded }
    let (scale, index) = (number / 4, number % 4)
    expectFound(report, scale: scale, anchor: (index + scale) % 3, class: index)
  }

  @Test(arguments: StressFixtureTests.behind) func behindThePlugin(_ fault: ModelEdit) throws {
    let report = try check(fault(Self.plugin.get()))
    #expect(report.verdict == .different, "\(report.text)")
    #expect(report.stress?.worst?.term == .candidate)
    #expect(report.stress?.means?.different == 0)
  }

  @Test(arguments: StressTests.extremes) func extremes(_ fault: ModelEdit) throws {
    let report = try TinyGolden().check(fault(TinyDetector.plugin()))
    #expect(report.verdict == .different)
    #expect(report.reasons.contains { $0.hasPrefix("stress: ") }, "\(report.text)")
  }

  @Test func aRecordOfProductsTakesObjectnessTimesClass() throws {
    let record = try TinyGolden(of: TinyDetector.boxesAndScores())
    #expect(record.golden.stress?.isDecoded == true)
    for model in [TinyDetector.original(), TinyDetector.boxesAndScores()] {
      let report = record.check(model)
      #expect(report.verdict == .equivalent, "\(report.text)")
      #expect(report.stress?.means?.compared == 9 * (4 + 4 + 2))
    }
  }

  @Test func theSeedDecides() throws {
    func stress(_ seed: UInt64, _ cases: Int) throws -> RecordedStress? {
      var options = ComparisonOptions()
      (options.stressSeed, options.stressCases) = (seed, cases)
      return try TinyGolden(options: options).golden.stress
    }
    let first = try #require(try stress(1, 1000))
    #expect(try stress(1, 1000) == first)
    #expect(try stress(2, 1000)?.digest != first.digest)
    #expect(try stress(2, 1000)?.means != first.means)
    #expect(try stress(1, 0) == nil)
  }

  /// A head that is a sum of two convolutions is none that could be fed.
  private static func withTwoHeads(_ model: Model) -> Model {
    var model = model
    model.insert("Add", behind: "head2.conv", constants: [Tensor(scalar: Float(0))])
    let place = model.graph.nodes.firstIndex { $0.name == "head2.conv" }!
    var twin = model.graph.nodes[place]
    (twin.name, twin.outputs) = ("twin", ["twin"])
    twin.inputs = [twin.inputs[0], "twin.weight"]
    let weight = model.graph.initializers["head2.weight"]!
    model.graph.initializers["twin.weight"] = Tensor(
      [Float](repeating: 0, count: weight.shape.elementCount), shape: weight.shape)
    model.graph.nodes.insert(twin, at: place)
    let sum = model.graph.nodes.firstIndex { $0.outputs == ["head2.conv"] }!
    model.graph.nodes[sum].inputs[1] = "twin"
    return model
  }

  /// Of the same maps, the last class left out behind them.
  @Test func anotherNumberOfClassesIsNotFed() throws {
    var model = TinyDetector.boxesAndScores()
    model.graph.initializers["classes.ends"] = Tensor([Int64(8)])
    let report = try TinyGolden().check(model)
    #expect(report.verdict == .different, "\(report.text)")
    #expect(report.stress == nil)
    #expect(report.notes.contains { $0.contains("another number of classes") }, "\(report.notes)")
  }

  @Test func whatCannotBeFedIsNoted() throws {
    let report = try TinyGolden().check(Self.withTwoHeads(TinyDetector.plugin()))
    #expect(report.verdict == .equivalent && report.stress == nil, "\(report.text)")
    #expect(report.notes.contains { $0.contains("was not fed made-up maps") }, "\(report.notes)")

    let record = try TinyGolden(of: Self.withTwoHeads(TinyDetector.original()))
    #expect(record.golden.stress == nil)
    let other = record.check(TinyDetector.plugin())
    #expect(other.verdict == .equivalent && other.stress == nil)
    #expect(other.notes.contains { $0.contains("holds nothing of made-up maps") })
  }
}
