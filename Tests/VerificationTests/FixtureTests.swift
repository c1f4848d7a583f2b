import Foundation
import TestSupport
import Testing
import Verification

/// The detector of our own, on its scenes.
struct FixtureTests {
  static let folder = ProjectFiles.fixtures
  static let scenes = [
    "alpha.png", "empty.jpg", "grey.jpg", "landscape.jpg", "palette.png", "portrait.jpg",
    "scales.jpg", "small.png",
  ].map { "\(folder)/scenes/\($0)" }

  private func report(
    _ original: String, _ patched: String, size: InputSize? = nil
  ) throws -> Report {
    var options = ComparisonOptions()
    options.inputSize = size
    return try compare(
      original: "\(Self.folder)/detector_\(original).onnx",
      patched: "\(Self.folder)/detector_\(patched).onnx", images: Self.scenes, options: options)
  }

  @Test(
    arguments: ["original", "original_dynamic"],
    ["heads_dynamic", "yololayer", "yololayer_dynamic"])
  func everyPairIsEquivalent(_ original: String, _ patched: String) throws {
    let report = try report(original, patched)
    #expect(report.images.map(\.verdict) == Self.scenes.map { _ in .equivalent }, "\(report.text)")
    #expect(report.images.allSatisfy { $0.cells!.maxBoxErrorPx.value <= 0.001 })
    #expect(report.images.allSatisfy { $0.cells!.maxScoreError.value <= 1e-6 })
    #expect(report.sharing?.identicalNodes == 199)
    let seen = report.images.filter { !$0.detections!.original.isEmpty }
    #expect(seen.count >= 7)
  }

  @Test(arguments: [InputSize.rectangular, .fixed(height: 192, width: 320)])
  func otherSizes(_ size: InputSize) throws {
    let report = try report("original_dynamic", "yololayer_dynamic", size: size)
    #expect(report.verdict == .equivalent, "\(report.text)")
  }
}
