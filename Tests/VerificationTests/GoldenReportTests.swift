import Foundation
import Testing
import Verification

/// Reports of the detector of `Fixtures/`, recorded with `verify-patch --json`, against what the tool
/// says now. Processors round differently, so boxes and scores are compared within a tolerance.
@Suite struct GoldenReportTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures")

  struct Row: Sendable, CustomTestStringConvertible {
    let golden: String
    let patched: String
    var original = "detector_original.onnx"
    var testDescription: String { golden }
  }

  static let rows = [
    Row(golden: "yololayer.json", patched: "detector_yololayer.onnx"),
    Row(golden: "heads_dynamic.json", patched: "detector_heads_dynamic.onnx"),
    Row(
      golden: "dynamic.json", patched: "detector_yololayer_dynamic.onnx",
      original: "detector_original_dynamic.onnx"),
  ]

  static let scenes = [
    "empty.jpg", "grey.jpg", "landscape.jpg", "portrait.jpg", "scales.jpg", "alpha.png",
    "palette.png", "small.png",
  ]

  @Test(arguments: rows) func `the report is the recorded one`(_ row: Row) throws {
    var options = ComparisonOptions()
    if row.golden == "dynamic.json" { options.inputSize = .fixed(height: 256, width: 256) }
    let report = try compare(
      original: Self.folder.appending(path: row.original).path,
      patched: Self.folder.appending(path: row.patched).path,
      images: Self.scenes.map { Self.folder.appending(path: "scenes/\($0)").path },
      options: options)
    let golden = try JSONDecoder().decode(
      Report.self,
      from: Data(contentsOf: Self.folder.appending(path: "reports/\(row.golden)")))

    #expect(report.verdict == golden.verdict)
    #expect(report.original.form == golden.original.form)
    #expect(report.patched.form == golden.patched.form)
    #expect(report.sharing == golden.sharing)
    #expect(report.coverage == golden.coverage)
    #expect(report.stress?.cases == golden.stress?.cases)
    #expect(report.stress?.different == golden.stress?.different)
    #expect(report.images.count == golden.images.count)
    for (found, expected) in zip(report.images, golden.images) {
      #expect(found.inputShape == expected.inputShape)
      #expect(found.cells?.compared == expected.cells?.compared)
      #expect(found.candidates?.original == expected.candidates?.original)
      #expect(found.candidates?.patched == expected.candidates?.patched)
      for (a, b) in [
        (found.detections?.original, expected.detections?.original),
        (found.detections?.patched, expected.detections?.patched),
      ] {
        try expectSame(#require(a), #require(b))
      }
    }
  }

  private func expectSame(_ found: [DetectionReport], _ expected: [DetectionReport]) {
    #expect(found.map(\.label) == expected.map(\.label))
    for (a, b) in zip(found, expected) {
      #expect(abs(a.score.value - b.score.value) < 1e-4)
      for (x, y) in zip(a.box, b.box) { #expect(abs(x.value - y.value) < 0.05) }
    }
  }
}
