import TestSupport
import Testing
import Verification

/// Mistakes of an engine, seen in its rows alone, in any order: the diagnosis names them.
struct DumpDiagnosisTests {
  private static func subject(_ scene: String) -> Subject {
    Subject(
      original: "\(FixtureTests.folder)/detector_original.onnx",
      patched: "\(FixtureTests.folder)/detector_yololayer.onnx",
      image: "\(FixtureTests.folder)/scenes/\(scene).jpg")
  }

  static func report(_ mistake: EngineMistake, _ subject: Subject) throws -> Report {
    try report(mistake.dump(subject), subject)
  }

  static func report(_ dump: EngineDump, _ subject: Subject) throws -> Report {
    let folder = try TemporaryFolder()
    var dump = dump
    dump.shuffle()
    return try compareDump(
      model: subject.patched, image: subject.image, dump: dump.write(as: .npz, in: folder))
  }

  @Test(arguments: EngineMistake.all) func theMistakeIsNamedFirst(_ mistake: EngineMistake) throws {
    let report = try Self.report(mistake, Self.subject("landscape"))
    #expect(report.verdict == .different, "\(report.text)\(report.failures)")
    // Without a row there is nothing to tell mistakes apart by.
    let hasRows = report.images.contains { $0.candidates?.patched ?? 0 > 0 }
    #expect(
      report.diagnosis?.first?.ids == [hasRows ? mistake.id : "no-rows"], "\(report.text)")
  }

  @Test func aThresholdOnScoresIsNamedFirst() throws {
    let report = try Self.report(.thresholdOnScore, Self.subject("scales"))
    #expect(report.verdict == .different, "\(report.text)\(report.failures)")
    #expect(report.diagnosis?.first?.ids == ["threshold-on-score"], "\(report.text)")
  }

  @Test func whatNothingExplainsIsSaid() throws {
    let subject = Self.subject("landscape")
    var dump = try subject.rows(of: subject.model())
    for row in dump.rows.indices where row % 3 == 0 { dump.rows[row].box[row % 4] += 2 }
    let report = try Self.report(dump, subject)
    #expect(report.verdict == .different)
    #expect(report.diagnosis == [], "\(report.text)")
    #expect(report.text.contains("diagnosis: nothing explains it"))
  }
}
