import BoxMath
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// Tensors from elsewhere held against a record.
struct GoldenDumpTests {
  private let record: TinyGolden

  init() throws { record = try TinyGolden() }

  /// What running a model gives, as an archive of its outputs.
  private func dump(_ model: Model, renamed: Bool = false) throws -> String {
    let run = try ModelRun(model, inputs: ["images": TinyDetector.noise()])
    let entries = run.outputs.enumerated().map { place, output in
      TensorArchive.Entry(name: renamed ? "tensor\(place)" : output.name, tensor: output.tensor)
    }
    let path = record.folder.file("dump.npz")
    try TensorArchive(entries).write(toFile: path)
    return path
  }

  private func check(_ model: Model, renamed: Bool = false) throws -> Report {
    try checkGolden(record.file, outputs: [dump(model, renamed: renamed)])
  }

  @Test(arguments: [
    ModelEdit("yolov5-decoded") { _ in },
    ModelEdit("yololayer-plugin") { $0 = TinyDetector.plugin() },
    ModelEdit("heads-sigmoid") { $0 = TinyDetector.heads() },
    ModelEdit("heads-logit") { $0 = TinyDetector.heads(sigmoid: false) },
  ])
  func everyFormIsKnownByItsShapes(_ form: ModelEdit) throws {
    for renamed in [false, true] {
      let report = try check(form(TinyDetector.original()), renamed: renamed)
      #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
      #expect(report.patched.form == form.testDescription)
      let candidates = try #require(report.images.first?.candidates)
      #expect(candidates.matched > 10 && candidates.matched == candidates.patched)
      let hasCells = form.testDescription != "yololayer-plugin"
      #expect((report.images[0].cells != nil) == hasCells)
    }
  }

  @Test(arguments: WrongPatchTests.network)
  func faultsOfTheNetwork(_ fault: ModelEdit) throws {
    for model in [TinyDetector.original(), TinyDetector.heads()] {
      let report = try check(fault(model))
      #expect(report.verdict == .different, "\(report.text)\(report.failures)")
    }
  }

  @Test func rowsOfAnotherAnchor() throws {
    var wrong = TinyDetector.plugin()
    wrong.edit("YoloLayer") { node in
      guard case .floats(var anchors) = node.attributes["anchors"] else { return }
      for index in anchors.indices { anchors[index] += 1 }
      node.attributes["anchors"] = .floats(anchors)
    }
    let report = try check(wrong)
    #expect(report.verdict == .different, "\(report.text)\(report.failures)")
  }

  @Test func whatIsNothingOfTheNetworkIsRefused() throws {
    let path = try record.folder.write(Tensor([1, 2, 3] as [Float]), as: "other.npy")
    let report = try checkGolden(record.file, outputs: [path])
    #expect(report.verdict == .undecided)
    #expect(report.failures.count == 1 && report.failures[0].contains("decoded rows [1,378,9]"))
    #expect(throws: UsageError.self) {
      try checkGolden(record.file, outputs: [path, path])
    }
  }

  @Test func onTheCommandLine() throws {
    let dump = try dump(TinyDetector.plugin())
    let right = try Command(["golden", "check", record.file, "--outputs", dump])
    #expect(right.status == 0, "\(right.output)\(right.errors)")
    #expect(right.output.contains("\ndump    "))
    for arguments in [[record.file], [record.file, "model.onnx", "--outputs", dump]] {
      #expect(try Command(["golden", "check"] + arguments).status == 64)
    }
  }
}
