import Foundation
import ONNXGraph
import Tensors
import Testing
import Verification

/// Faults of the fixtures' detector on a scene without an object: only made-up maps have candidates.
struct StressFixtureTests {
  private static let models = try? ["original", "yololayer"].map { name in
    try Model(contentsOfFile: "\(FixtureTests.folder)/detector_\(name).onnx")
  }

  private func report(_ fault: ModelEdit) throws -> Report {
    let models = try #require(Self.models)
    return try compareModels(
      Pair(
        original: LoadedModel(path: "original.onnx", model: models[0]),
        patched: LoadedModel(path: "patched.onnx", model: fault(models[1]))),
      images: [.file("\(FixtureTests.folder)/scenes/empty.jpg")], options: ComparisonOptions())
  }

  @Test func theSceneIsEmptyAndThePairEquivalent() throws {
    let report = try report(ModelEdit("nothing") { _ in })
    #expect(report.verdict == .equivalent)
    #expect(report.images[0].detections?.original.isEmpty == true)
    #expect(report.stress?.different == 0)
    #expect(report.coverage?.stressScaleAnchors.count == 9)
    #expect(report.coverage?.stressClasses.count == report.coverage?.classCount)
  }

  @Test(arguments: PluginFaults.anchors + PluginFaults.classes(count: 5))
  func isFoundByStressAlone(_ fault: ModelEdit) throws {
    let report = try report(fault)
    #expect(report.verdict == .different)
    let stress = try #require(report.stress)
    #expect(stress.different > 0 && stress.worst != nil, "\(report.text)")
  }

  static let behind: [ModelEdit] = [
    ModelEdit("boxes times two") { model in
      model.insert("Mul", behind: "DecodeDetectionBoxes", constants: [Tensor(scalar: Float(2))])
    },
    ModelEdit("scores squared") { model in
      model.insert("Mul", behind: "DecodeDetectionScores", constants: [Tensor(scalar: Float(0.99))])
    },
    ModelEdit("classes counted from 1") { model in
      model.insert("Add", behind: "DecodeDetectionClasses", constants: [Tensor(scalar: Int32(1))])
    },
    ModelEdit("at most 100 rows") { model in
      model.insert("Min", behind: "DecodeNumDetection", constants: [Tensor(scalar: Int32(100))])
    },
  ]

  @Test(arguments: behind) func isSeenBehindThePlugin(_ fault: ModelEdit) throws {
    let report = try report(fault)
    #expect(report.verdict == .different)
    let stress = try #require(report.stress)
    #expect(stress.different > 0 && stress.worst?.term == .candidate, "\(report.text)")
    #expect(report.images[0].cells?.different == 0)
  }
}
