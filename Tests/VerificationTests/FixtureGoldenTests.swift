import Testing
import Verification

/// Every graph of `Fixtures/` against one record of the original, so that a change of a kernel that
/// moves a result is seen, and by how much.
struct FixtureGoldenTests {
  @Test(arguments: [
    "original", "original_dynamic", "heads_dynamic", "yololayer", "yololayer_dynamic",
  ])
  func everyGraphIsAsRecorded(_ graph: String) {
    let report = checkGolden(
      "\(FixtureTests.folder)/detector.golden.json",
      model: "\(FixtureTests.folder)/detector_\(graph).onnx")
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    #expect(report.images.count == FixtureTests.scenes.count)
    #expect(report.images.allSatisfy { $0.verdict == .equivalent })
    #expect(report.images.reduce(0) { $0 + $1.candidates!.matched } == 818)
  }

  @Test func withoutToleranceTheDecodesDiffer() {
    let report = checkGolden(
      "\(FixtureTests.folder)/detector.golden.json",
      model: "\(FixtureTests.folder)/detector_yololayer.onnx", options: Self.noTolerance)
    #expect(report.verdict == .different)
  }

  /// The plugin rounds otherwise than the written-out decode.
  private static var noTolerance: ComparisonOptions {
    var options = ComparisonOptions()
    options.boxTolerance = 0
    return options
  }
}
