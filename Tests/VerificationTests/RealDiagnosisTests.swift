import ONNXGraph
import TestSupport
import Testing
import Verification

/// Mistakes planted in YOLOv5n, and in the rows of an engine of it: the diagnosis names them.
@Suite(RealModels.condition)
struct RealDiagnosisTests {
  private static let subject = Subject(
    original: RealModels.path("models/yolov5n_original.onnx"),
    patched: RealModels.path("models/yolov5n_yololayer.onnx"),
    image: RealModels.path("images/bus.jpg"))

  private static func report(_ mistakes: [PlantedMistake]) throws -> Report {
    let isExport = mistakes[0].host == .export
    let model = try Model(contentsOfFile: isExport ? subject.original : subject.patched)
    return try compareModels(
      Pair(
        original: LoadedModel(
          path: "original", model: Model(contentsOfFile: subject.original)),
        patched: LoadedModel(
          path: "patched", model: PlantedMistake.plant(mistakes, in: model))),
      images: [.file(subject.image)], options: ComparisonOptions())
  }

  static let planted = RealModels.some(
    of: PlantedMistake.inPlugin + PlantedMistake.inMaps + PlantedMistake.inExport
      + PlantedMistake.inNetwork)

  @Test(arguments: planted) func aMistakeInAGraphIsNamedFirst(_ mistake: PlantedMistake) throws {
    let report = try Self.report([mistake])
    #expect(report.verdict == .different, "\(report.failures)")
    #expect(report.diagnosis?.first?.ids == [mistake.id], "\(report.text)")
  }

  @Test func pairsOfMistakesAreNamedInFull() throws {
    let pairs = RealModels.some(of: DiagnosisTests.pairs)
    var missed: [String] = []
    for pair in pairs {
      let found = try Self.report(pair).diagnosis?.first
      if Set(found?.ids ?? []) != Set(pair.map(\.id)) {
        missed.append("\(pair.map(\.testDescription)): \(found?.text ?? "nothing")")
      }
    }
    #expect(pairs.count > 5 && missed.count * 10 <= pairs.count, "\(missed)")
  }

  /// Anchors that no candidate of the photograph has.
  private static let unseen: Set = ["two of p3", "one width by 1", "one height by 0.3"]
  static let ofEngines =
    RealModels.some(of: EngineMistake.planted.filter { !unseen.contains($0.title) })
    + EngineMistake.prepared + EngineMistake.written

  @Test(arguments: ofEngines) func aMistakeOfAnEngineIsNamedFirst(_ mistake: EngineMistake) throws {
    let report = try DumpDiagnosisTests.report(mistake, Self.subject)
    #expect(report.verdict == .different, "\(report.text)\(report.failures)")
    // Without a row there is nothing to tell mistakes apart by.
    let hasRows = report.images.contains { $0.candidates?.patched ?? 0 > 0 }
    #expect(
      report.diagnosis?.first?.ids == [hasRows ? mistake.id : "no-rows"], "\(report.text)")
  }
}
