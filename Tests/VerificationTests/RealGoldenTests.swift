import Foundation
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// A record of the real original on both photographs.
@Suite(RealModels.condition)
struct RealGoldenTests {
  /// Of `yolov5n_original` on both photographs, with their inputs.
  private static let record = Result {
    try FileGolden(
      of: RealModels.path("models/yolov5n_original.onnx"),
      images: ["bus", "car"].map { RealModels.path("images/\($0).jpg") })
  }

  /// All but the sizes the record has is of no account to a form.
  @Test(arguments: RealModelTests.originals + RealModelTests.patches, [nil, "images"])
  func everyFormPasses(_ form: String, _ images: String?) throws {
    let record = try Self.record.get()
    let report = checkGolden(
      record.file, model: RealModels.path("models/yolov5n_\(form).onnx"),
      images: images.map { RealModels.path($0) })
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    #expect(report.images.map { $0.candidates?.matched } == [51, 7])
    #expect(report.images.map { $0.detections?.matched } == [4, 2])
    #expect(report.images.allSatisfy { $0.cells!.maxBoxErrorPx.value <= 1e-3 })
    #expect(report.images.allSatisfy { $0.cells!.statistics!.different == 0 })
    #expect(report.stress?.different == 0 && report.stress?.means?.different == 0)
    #expect(report.coverage?.imagesScaleAnchors.count == 5)
  }

  @Test(arguments: RealModelTests.faults)
  func everyFaultFails(_ fault: ModelEdit) throws {
    let record = try Self.record.get()
    let model = try Model(contentsOfFile: RealModels.path("models/yolov5n_yololayer.onnx"))
    let report = record.check(fault(model))
    #expect(report.verdict == .different, "\(report.text)\(report.failures)")
    #expect(report.reasons.contains { $0.contains("scale ") }, "\(report.reasons)")
  }

  /// The tolerance is the measured one, and tighter than what is derived for any network.
  @Test func theToleranceIsMeasured() throws {
    for image in try Self.record.get().golden.images {
      let noise = try #require(image.noise)
      #expect((2e-4...1e-3).contains(noise.boxPx) && (1e-6...4e-6).contains(noise.score))
      #expect(image.tolerance.boxPx > 4 * noise.boxPx && image.tolerance.boxPx < 5e-3)
    }
  }

  /// Portable kernels sum in another order than those with vector instructions.
  @Test func aRecordHoldsForOtherInstructionSets() throws {
    let folder = try TemporaryFolder()
    let names = [nil, "none"]
    let model = RealModels.path("models/yolov5n_original.onnx")
    for recording in names {
      let file = folder.file("\(recording ?? "own").golden.json")
      let recorded = try Command(
        ["golden", "record", model, RealModels.path("images/bus.jpg"), "-o", file],
        environment: recording.map { ["VERIFY_PATCH_SIMD": $0] } ?? [:])
      #expect(recorded.status == 0, "\(recorded.errors)")
      for checking in names where checking != recording {
        let checked = try Command(
          ["golden", "check", file, RealModels.path("models/yolov5n_yololayer.onnx")],
          environment: checking.map { ["VERIFY_PATCH_SIMD": $0] } ?? [:])
        #expect(checked.status == 0, "\(checked.output)\(checked.errors)")
      }
    }
  }

  /// NVIDIA's other patch: as a record, and as what an engine built from it would write.
  @Test func aRecordOfAnNMSPlugin() throws {
    let model = RealModels.path("models/yolov5n_batchednms_dynamic.onnx")
    let others = try Self.record.get()
    let other = checkGolden(others.file, model: model)
    #expect(other.verdict == .equivalent, "\(other.text)\(other.failures)")
    let record = try FileGolden(of: model, images: [RealModels.path("images/bus.jpg")])
    #expect(record.golden.text.utf8.count < 100_000)
    for form in ["original", "yololayer", "heads_dynamic", "batchednms_dynamic"] {
      let report = checkGolden(
        record.file, model: RealModels.path("models/yolov5n_\(form).onnx"))
      #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
      #expect(report.images[0].detections?.matched == 5 && report.stress?.different == 0)
    }
    let input = try TensorArchive(contentsOfFile: record.folder.file("record.golden.npz")).entries[
      0
    ].tensor
    let run = try ModelRun(Model(contentsOfFile: model), inputs: ["images": input])
    let dump = try TensorArchive(
      run.outputs.map { TensorArchive.Entry(name: $0.name, tensor: $0.tensor) }
    ).write(as: .raw, in: record.folder)
    let report = try checkGolden(record.file, outputs: [dump])
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    #expect(report.images[0].detections?.matched == 5)
  }

  @Test func aPhotographIsLessThanAHundredKilobytes() throws {
    var golden = try Self.record.get().golden
    golden.images.removeLast()
    #expect(golden.text.utf8.count < 100_000)
  }
}
