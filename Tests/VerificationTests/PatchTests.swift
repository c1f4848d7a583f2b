import BoxMath
import Detection
import Foundation
import ONNXGraph
import Surgery
import Tensors
import TestSupport
import Testing
import Verification

/// Patched graphs are those the plugin needs, and detect what the original detects.
struct PatchTests {
  private func verdict(_ original: Model, _ patched: Model) throws -> Report {
    try compareModels(
      Pair(
        original: LoadedModel(path: "original", model: original),
        patched: LoadedModel(path: "patched", model: patched)),
      images: [.tensor(TinyDetector.noise(), name: "noise")], options: ComparisonOptions())
  }

  @Test func yololayer() throws {
    let original = TinyDetector.original()
    let patched = try Patch(original, PatchOptions(.yololayer)).model
    let node = try #require(patched.graph.node(named: "YoloLayer"))
    #expect(node.domain.isEmpty)
    #expect(node.inputs == ["p3", "p4", "p5"])
    #expect(
      node.attributes == [
        "max_stride": .int(32), "num_classes": .int(4),
        "anchors": .floats(TinyDetector.anchors.flatMap { $0 }),
        "prenms_score_threshold": .float(0.25),
      ])
    #expect(patched.metadata == original.metadata)
    #expect(patched.opsets == original.opsets)
    #expect(
      patched.graph.outputs.map { "\($0.name) \($0.elementType!)\($0.dimensions!)" } == [
        "DecodeNumDetection int32[1, 1]", "DecodeDetectionBoxes float32[1, 378, 4]",
        "DecodeDetectionScores float32[1, 378]", "DecodeDetectionClasses int32[1, 378]",
      ])
    #expect(patched.graph.nodes.filter { $0.operatorType == "Sigmoid" }.count == 9)
    let report = try verdict(original, patched)
    #expect(report.verdict == .equivalent, "\(report.text)")
  }

  @Test func thresholdIsTheOneGiven() throws {
    var options = PatchOptions(.yololayer)
    options.scoreThreshold = 0.1
    let node = try Patch(TinyDetector.original(), options).model.graph.nodes.last
    #expect(node?.attributes["prenms_score_threshold"] == .float(0.1))
  }

  @Test func heads() throws {
    let patched = try Patch(TinyDetector.original(), PatchOptions(.heads)).model
    #expect(patched.graph.outputs.map(\.name) == ["p3", "p4", "p5"])
    #expect(patched.graph.outputs[1].dimensions == [1, 27, 4, 6].map { .fixed($0) })
    let report = try verdict(TinyDetector.original(), patched)
    #expect(report.verdict == .equivalent, "\(report.text)")
  }

  @Test(arguments: [false, true])
  func bareHeadsNeedAnchors(sigmoid: Bool) throws {
    let original = TinyDetector.heads(sigmoid: sigmoid)
    var options = PatchOptions(.yololayer)
    let error = #expect(throws: SurgeryError.self) { try Patch(original, options) }
    #expect(error?.description.contains("--anchors") == true)
    options.anchors = TinyDetector.anchors.flatMap { $0 }
    options.strides = TinyDetector.strides
    options.classes = TinyDetector.classCount
    let patched = try Patch(original, options).model
    // The sigmoid is there once.
    #expect(patched.graph.nodes.filter { $0.operatorType == "Sigmoid" }.count == 9)
    let report = try verdict(TinyDetector.original(), patched)
    #expect(report.verdict == .equivalent, "\(report.text)")
  }

  static let contradictions: [(Model, @Sendable (inout PatchOptions) -> Void, String)] = [
    (TinyDetector.original(), { $0.anchors = (1...18).map { Float($0) } }, "--anchors are not"),
    (TinyDetector.original(), { $0.strides = [8, 16, 64] }, "--strides are not"),
    (TinyDetector.original(), { $0.classes = 5 }, "--classes is 5, but the graph has 4"),
    (TinyDetector.heads(), { $0.anchors = [1, 2] }, "--anchors has 2 numbers, expected 6 + 6 + 6"),
    (
      TinyDetector.heads(),
      {
        $0.anchors = TinyDetector.anchors.flatMap { $0 }
        $0.strides = [4, 16, 32]
      }, "--strides says 4"
    ),
    (TinyDetector.heads(), { $0.classes = 9 }, "--classes is 9"),
    (TinyDetector.plugin(), { _ in }, "ends in yololayer-plugin"),
  ]

  @Test(arguments: contradictions.indices)
  func contradictionsAreRefused(_ index: Int) {
    let (model, change, expected) = Self.contradictions[index]
    var options = PatchOptions(.yololayer)
    change(&options)
    let error = #expect(throws: SurgeryError.self) { try Patch(model, options) }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: [[8, 16], [8, 16, 32, 64], [5, 10]])
  func otherHeadCountsAreRefused(_ strides: [Int]) throws {
    var detector = RandomDetector(seed: 1, family: strides)
    let model = detector.model()
    let error = #expect(throws: SurgeryError.self) { try Patch(model, PatchOptions(.yololayer)) }
    #expect(error?.description.contains("\(strides.count) heads of 3") == true)
    #expect(error?.description.contains("--plugin batchednms") == true)
    #expect(try Patch(model, PatchOptions(.heads)).model.graph.outputs.count == strides.count)
  }

  @Test func namesThatAreTakenAreLeftAlone() throws {
    var original = TinyDetector.original()
    original.graph = try original.graph.applying(
      .rename(tensor: "stem.silu", to: "p3"), .rename(tensor: "output", to: "DecodeNumDetection"))
    let patched = try Patch(original, PatchOptions(.yololayer)).model
    #expect(patched.graph.nodes.last?.inputs == ["p3_2", "p4", "p5"])
    #expect(try verdict(TinyDetector.original(), patched).verdict == .equivalent)
  }

  @Test(arguments: [[6, 12, 24], [10, 20, 40], [4, 8, 16]])
  func otherStrides(_ strides: [Int]) throws {
    var detector = RandomDetector(seed: 7, family: strides)
    let model = detector.model()
    let patched = try Patch(model, PatchOptions(.yololayer)).model
    #expect(patched.graph.nodes.last?.attributes["max_stride"] == .int(Int64(strides[2])))
    var generator = SeededGenerator(seed: 9)
    let image = generator.tensor([1, 3, detector.size.height, detector.size.width], in: 0...1)
    let report = try compareModels(
      Pair(
        original: LoadedModel(path: "original", model: model),
        patched: LoadedModel(path: "patched", model: patched)),
      images: [.tensor(image, name: "noise")], options: ComparisonOptions())
    #expect(report.verdict == .equivalent, "\(report.text)")
  }
}
