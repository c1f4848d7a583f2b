import BoxMath
import Detection
import ONNXGraph
import Tensors
import Testing
import Verification

/// Records of graphs that end in an NMS plugin, and such a plugin's rows held against records.
struct GoldenSuppressionTests {
  private static let efficient = TinyDetector.efficientNMS(["iou_threshold": .float(0.65)])
  private static let ofOriginal = Result { try TinyGolden() }
  private static let ofBatched = Result { try TinyGolden(of: TinyDetector.batchedNMS()) }
  private static let ofEfficient = Result { try TinyGolden(of: efficient) }

  @Test(arguments: NMSPluginTests.plugins, NMSPluginTests.graphs + NMSPluginTests.plugins)
  private func everyForm(_ recorded: NMSPluginTests.Graph, _ checked: NMSPluginTests.Graph) throws {
    let record = try TinyGolden(of: recorded.model())
    let golden = try Golden(contentsOfFile: record.file)
    #expect(golden == record.golden && golden.suppression != nil)
    #expect(golden.images[0].candidates.allSatisfy { $0.candidate.score >= 0.25 })
    let report = record.check(checked.model())
    if let iou = checked.iouThreshold, iou != recorded.iouThreshold {
      #expect(report.verdict == .different)
      #expect(report.reasons.contains { $0.contains("IoU threshold differs") }, "\(report.text)")
      return
    }
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    let detections = try #require(report.images[0].detections)
    #expect(detections.matched > 3 && detections.matched == detections.patched.count)
    #expect(report.stress?.different == 0 && report.stress?.means?.different == 0)
  }

  static let faults: [ModelEdit] = [
    ModelEdit("boxes scaled behind the plugin") { model in
      model.insert("Mul", behind: "BatchedNMS_1", constants: [Tensor(scalar: Float(1.01))])
    },
    ModelEdit("classes counted from 1") { model in
      model.insert("Add", behind: "BatchedNMS_3", constants: [Tensor(scalar: Float(1))])
    },
    ModelEdit("two rows at most") { model in
      model.edit("NMS") { $0.attributes["keepTopK"] = .int(2) }
    },
    ModelEdit("a score threshold above the confidence") { model in
      model.edit("NMS") { $0.attributes["scoreThreshold"] = .float(0.5) }
    },
    ModelEdit("scores without objectness") { $0.edit("NMS") { $0.inputs[1] = "classes" } },
  ]

  @Test(arguments: faults) func faultsOfTheGraph(_ fault: ModelEdit) throws {
    for record in [Self.ofBatched, Self.ofOriginal] {
      let report = try record.get().check(fault(TinyDetector.batchedNMS()))
      #expect(report.verdict == .different, "\(report.text)\(report.failures)")
    }
  }

  // MARK: Dumps

  private static func dump(_ model: Model) throws -> TensorArchive {
    let run = try ModelRun(model, inputs: ["images": TinyDetector.noise()])
    return TensorArchive(
      run.outputs.map { TensorArchive.Entry(name: $0.name, tensor: $0.tensor) })
  }

  private func check(
    _ record: TinyGolden, _ archive: TensorArchive, _ format: EngineDump.Format = .npz
  ) throws -> Report {
    try checkGolden(record.file, outputs: [archive.write(as: format, in: record.folder)])
  }

  @Test(arguments: EngineDump.Format.allCases) func everyFormatOfADump(
    _ format: EngineDump.Format
  ) throws {
    let pairs = try [
      (Self.ofOriginal.get(), TinyDetector.batchedNMS(), "batchednms-plugin"),
      (Self.ofOriginal.get(), TinyDetector.efficientNMS(), "efficientnms-plugin"),
      (Self.ofBatched.get(), TinyDetector.batchedNMS(), "batchednms-plugin"),
      (Self.ofEfficient.get(), Self.efficient, "efficientnms-plugin"),
      (Self.ofBatched.get(), Self.efficient, "efficientnms-plugin"),
      (Self.ofOriginal.get(), TinyDetector.original(), "yolov5-decoded"),
      (Self.ofOriginal.get(), TinyDetector.plugin(), "yololayer-plugin"),
      (Self.ofOriginal.get(), TinyDetector.heads(), "heads-sigmoid"),
    ]
    for (record, model, form) in pairs {
      let report = try check(record, Self.dump(model), format)
      #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
      let detections = try #require(report.images[0].detections)
      #expect(detections.matched > 3 && detections.matched == detections.original.count)
      #expect(report.patched.form == form)
    }
  }

  @Test func rowsWithoutStandardNamesAreKnownToARecordOfThePlugin() throws {
    let archive = TensorArchive(
      try Self.dump(Self.efficient).entries.enumerated().map {
        TensorArchive.Entry(name: "tensor\($0)", tensor: $1.tensor)
      })
    #expect(try check(Self.ofEfficient.get(), archive).verdict == .equivalent)
  }

  /// What is wrong with one of the four tensors.
  struct RowFault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let place: Int
    let change: @Sendable (inout [Float]) -> Void
  }

  static let rowFaults = [
    RowFault(testDescription: "no row", place: 0) { $0[0] = 0 },
    RowFault(testDescription: "a row lost", place: 0) { $0[0] = 3 },
    RowFault(testDescription: "more rows than there is room for", place: 0) { $0[0] = 101 },
    RowFault(testDescription: "a box a pixel wider", place: 1) { $0[2] += 1 },
    RowFault(testDescription: "boxes in the unit square", place: 1) { $0 = $0.map { $0 / 96 } },
    RowFault(testDescription: "scores a hundredth lower", place: 2) { $0 = $0.map { $0 * 0.99 } },
    RowFault(testDescription: "a score is NaN", place: 2) { $0[1] = .nan },
    RowFault(testDescription: "classes counted from 1", place: 3) { $0 = $0.map { $0 + 1 } },
    RowFault(testDescription: "another class", place: 3) { $0[0] = $0[0] == 0 ? 1 : 0 },
  ]

  @Test(arguments: rowFaults) func faultsOfRows(_ fault: RowFault) throws {
    for record in try [Self.ofOriginal.get(), Self.ofBatched.get()] {
      var archive = try Self.dump(TinyDetector.batchedNMS())
      let tensor = archive.entries[fault.place].tensor
      var values =
        tensor.elementType == .int32
        ? tensor.elements(of: Int32.self).map { Float($0) } : tensor.elements(of: Float.self)
      fault.change(&values)
      archive.entries[fault.place].tensor =
        tensor.elementType == .int32
        ? Tensor(values.map { Int32($0) }, shape: tensor.shape)
        : Tensor(values, shape: tensor.shape)
      let report = try check(record, archive)
      #expect(report.verdict == .different, "\(report.text)\(report.failures)")
    }
  }
}
