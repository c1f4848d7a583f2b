import Detection
import ONNXGraph
import Tensors
import Testing
import Verification

/// Mistakes that a check against a record names, as the comparison with the original does.
struct GoldenDiagnosisTests {
  private static let record = Result {
    try FileGolden(
      of: "\(FixtureTests.folder)/detector_original.onnx",
      images: ["scales", "landscape"].map { "\(FixtureTests.folder)/scenes/\($0).jpg" })
  }

  private static func model(_ name: String) throws -> Model {
    try Model(contentsOfFile: "\(FixtureTests.folder)/detector_\(name).onnx")
  }

  @Test(
    arguments: PlantedMistake.inPlugin + PlantedMistake.inMaps + PlantedMistake.inExport)
  func aMistakeOfTheEndIsNamed(_ mistake: PlantedMistake) throws {
    let name = mistake.host == .plugin ? "yololayer" : "original"
    let report = try Self.record.get().check(
      PlantedMistake.plant([mistake], in: Self.model(name)))
    #expect(report.verdict == .different, "\(report.failures)")
    #expect(report.diagnosis?.first?.ids == [mistake.id], "\(report.text)")
    for text in [report.text, report.junit, report.annotations.joined()] {
      #expect(text.contains("[\(mistake.id)]"), "\(text)")
    }
  }

  @Test(arguments: PlantedMistake.inNetwork) func aMistakeOfTheNetworkIsNamed(
    _ mistake: PlantedMistake
  ) throws {
    let report = try Self.record.get().check(
      PlantedMistake.plant([mistake], in: Self.model("original")))
    #expect(report.verdict == .different, "\(report.failures)")
    #expect(report.diagnosis?.first?.ids == [mistake.id], "\(report.text)")
  }

  /// What an engine with the mistake would write; rows do not tell maps that were exchanged from
  /// anchors that were.
  @Test(
    arguments: PlantedMistake.inPlugin.filter {
      !$0.testDescription.hasPrefix("heads-permuted: p3")
    }) func aMistakeBehindADumpIsNamed(
      _ mistake: PlantedMistake
    ) throws
  {
    let record = try Self.record.get()
    let inputs = try TensorArchive(contentsOfFile: record.folder.file("record.golden.npz"))
    let model = PlantedMistake.plant([mistake], in: try Self.model("yololayer"))
    let dumps = try inputs.entries.map { entry in
      let run = try ModelRun(model, inputs: ["images": entry.tensor])
      return try TensorArchive(
        run.outputs.map { TensorArchive.Entry(name: $0.name, tensor: $0.tensor) }
      ).write(as: .npz, in: record.folder)
    }
    let report = try checkGolden(record.file, outputs: dumps)
    #expect(report.verdict == .different, "\(report.failures)")
    #expect(report.diagnosis?.first?.ids == [mistake.id], "\(report.text)")
  }
}
