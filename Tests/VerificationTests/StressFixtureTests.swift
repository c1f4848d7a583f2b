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

  @Test(
    arguments: PluginFaults.anchors.map { ($0, "anchor-value") }
      + PluginFaults.classes(count: 5).map { ($0, "classes-permuted") })
  func isFoundAndNamedByStressAlone(_ fault: ModelEdit, _ id: String) throws {
    let report = try report(fault)
    #expect(report.verdict == .different)
    let stress = try #require(report.stress)
    #expect(stress.different > 0 && stress.worst != nil, "\(report.text)")
    #expect(report.diagnosis?.first?.ids == [id], "\(report.text)")
  }

  static let behind: [ModelEdit] = [
    ModelEdit("boxes times two") { model in
      model.insert("Mul", behind: "DecodeDetectionBoxes", constants: [Tensor(scalar: Float(2))])
    },
    ModelEdit("scores times 0.99") { model in
      model.insert("Mul", behind: "DecodeDetectionScores", constants: [Tensor(scalar: Float(0.99))])
    },
    ModelEdit("classes counted from 1") { model in
      model.insert("Add", behind: "DecodeDetectionClasses", constants: [Tensor(scalar: Int32(1))])
    },
    ModelEdit("at most 100 rows") { model in
      model.insert("Min", behind: "DecodeNumDetection", constants: [Tensor(scalar: Int32(100))])
    },
  ]

  /// What is told of them; nothing tells of the others.
  private static let diagnoses = [
    "boxes times two": "all coordinates of the boxes multiplied by 2 (",
    "classes counted from 1": "class numbers are 1 more than expected (",
  ]

  @Test(arguments: behind) func isSeenBehindThePlugin(_ fault: ModelEdit) throws {
    let report = try report(fault)
    #expect(report.verdict == .different)
    let stress = try #require(report.stress)
    #expect(stress.different > 0 && stress.worst?.term == .candidate, "\(report.text)")
    #expect(report.images[0].cells?.different == 0)
    let diagnosis = Self.diagnoses[fault.testDescription] ?? "diagnosis: nothing explains it"
    #expect(report.text.contains(diagnosis), "\(report.text)")
  }
}
