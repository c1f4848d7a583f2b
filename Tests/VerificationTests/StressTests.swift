import Detection
import Foundation
import ONNXGraph
import Tensors
import Testing
import Verification

/// Faults that made-up head maps show, judged without what the image shows.
struct StressTests {
  /// What stress alone says of a patch of the small detector.
  private func stress(
    _ patched: Model, with original: Model = TinyDetector.original(),
    options: ComparisonOptions = ComparisonOptions()
  ) throws -> (found: StressReport?, report: Report) {
    let report = try TinyDetector.compare(patched, with: original, options: options)
    return (report.stress, report)
  }

  private func expectDifferent(_ patched: Model) throws {
    let (found, report) = try stress(patched)
    let stress = try #require(found)
    #expect(report.verdict == .different)
    #expect(stress.different > 0 && stress.different <= stress.cases)
    let worst = try #require(stress.worst)
    #expect(worst.cell.scale < 3 && worst.fed.objectness.value == worst.fed.objectness.value)
    #expect(report.reasons.contains { $0.hasPrefix("stress: ") && $0.contains("\(worst.cell)") })
  }

  @Test func theTruePairPasses() throws {
    let (found, report) = try stress(TinyDetector.plugin())
    let stress = try #require(found)
    #expect(report.verdict == .equivalent)
    #expect(stress.cases >= 25_200 && stress.cases < 25_200 + 378)
    #expect(stress.different == 0 && stress.worst == nil)
    #expect(stress.specified > 0)
    #expect(stress.maxBoxErrorPx.value > 0 && stress.maxScoreError.value == 0)
    let coverage = try #require(report.coverage)
    #expect(coverage.stressScaleAnchors.count == 9 && coverage.stressClasses == [0, 1, 2, 3])
    #expect(coverage.scaleAnchorCount == 9 && coverage.classCount == 4)
    #expect(!coverage.imagesScaleAnchors.isEmpty)
  }

  @Test(arguments: HarmlessRewriteTests.rewrites + HarmlessRewriteTests.pluginRewrites)
  func harmlessRewritesPass(_ rewrite: ModelEdit) throws {
    let (found, report) = try stress(rewrite(TinyDetector.plugin()))
    #expect(try #require(found).different == 0, "\(report.text)")
  }

  @Test(arguments: WrongPatchTests.attributes.prefix(15) + WrongPatchTests.sigmoids)
  func wrongPluginsDiffer(_ fault: ModelEdit) throws {
    try expectDifferent(fault(TinyDetector.plugin()))
  }
}
