import Foundation
import Testing
import Verification

/// Holds models against the goldens in `Goldens/` beside this file. To be copied into a test target
/// that depends on the product `Verification` of the package `verify-patch`:
///
///     .testTarget(
///       name: "GoldenTests", dependencies: [.product(name: "Verification", package: "verify-patch")])
@Suite struct GoldenTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().path + "/Goldens"

  @Test(arguments: ["detector_original.onnx", "detector_yololayer.onnx"])
  func holdsItsGolden(_ model: String) {
    let report = checkGolden(
      "\(Self.folder)/detector.golden.json", model: "\(Self.folder)/\(model)",
      images: "\(Self.folder)/scenes")
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
  }
}
