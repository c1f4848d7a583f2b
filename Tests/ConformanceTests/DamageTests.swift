import Foundation
import TestSupport
import Testing

@Suite(
  .enabled(
    if: !BackendCase.all.isEmpty,
    "VERIFY_PATCH_CONFORMANCE is not set; Scripts/conformance.sh sets it"))
struct DamageTests {
  /// Damaged models of every operator run or are refused: they never trap.
  @Test(.timeLimit(.minutes(10)), arguments: 0..<8 as Range<UInt64>)
  func damageIsSurvived(seed: UInt64) throws {
    let path = NSTemporaryDirectory() + "conformance-\(UUID().uuidString).onnx"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var random = SeededGenerator(seed: seed)
    var refused = 0
    let cases = BackendCase.all.filter { $0.requiredOpset != nil }
    for backendCase in cases {
      var bytes = try Data(contentsOf: URL(filePath: backendCase.modelPath))
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let index = Int.random(in: bytes.indices, using: &random)
        bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      }
      try bytes.write(to: URL(filePath: path))
      if case .refused(let why) = backendCase.outcome(ofModelAt: path) {
        refused += 1
        #expect(!why.isEmpty)
      }
    }
    #expect(refused > cases.count / 4, "seed \(seed)")
  }
}
