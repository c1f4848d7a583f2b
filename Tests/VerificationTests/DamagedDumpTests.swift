import Dumps
import Foundation
import Tensors
import TestSupport
import Testing
import Verification

/// Whatever is wrong with a dump, holding it against the reference ends in a verdict.
struct DamagedDumpTests {
  @Test(arguments: EngineDump.Format.allCases.filter { $0 != .raw })
  func damageIsNeverEquivalentWhereNumbersChange(_ format: EngineDump.Format) throws {
    let folder = try TemporaryFolder()
    let model = try folder.write(TinyDetector.plugin(), as: "plugin.onnx")
    let image = try folder.write(TinyDetector.noise(), as: "noise.npy")
    let run = try ModelRun(TinyDetector.plugin(), inputs: ["images": TinyDetector.noise()])
    var dump = EngineDump(Dictionary(run.outputs.map { ($0.name, $0.tensor) }) { a, _ in a })
    // No rows but those that count, so that most of the file matters.
    dump.isTrimmed = true
    let path = try dump.write(as: format, in: folder)
    let intact = try #require(FileManager.default.contents(atPath: path))
    let right = try Dump(contentsOf: path).runs
    func verdict(_ bytes: Data) throws -> Verdict {
      try bytes.write(to: URL(fileURLWithPath: path))
      let report = try compareDump(model: model, image: image, dump: path)
      #expect(report.reasons.allSatisfy { !$0.contains("\n") })
      #expect(report.verdict != .undecided || !report.reasons.isEmpty)
      return report.verdict
    }
    #expect(try verdict(intact) == .equivalent)

    var generator = SeededGenerator(seed: 3)
    for _ in 0..<40 {
      let length = Int.random(in: 0..<intact.count - 2, using: &generator)
      #expect(try verdict(intact.prefix(length)) == .undecided, "\(length) bytes")
    }
    for _ in 0..<150 {
      let bit = Int.random(in: 0..<intact.count * 8, using: &generator)
      var damaged = intact
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      let found = try verdict(damaged)
      guard found == .equivalent else { continue }
      // What passes holds the same numbers, or some that are as near as rounding.
      let read = try Dump(contentsOf: path).runs
      #expect(read.count == right.count)
      for (a, b) in zip(read[0].tensors.entries, right[0].tensors.entries) {
        #expect(a.tensor.isNear(b.tensor), "bit \(bit)")
      }
    }
  }
}

extension Tensor {
  fileprivate func isNear(_ other: Tensor) -> Bool {
    guard shape == other.shape, elementType == other.elementType else { return false }
    guard elementType == .float32 else { return self == other }
    return zip(elements(of: Float.self), other.elements(of: Float.self)).allSatisfy {
      abs($0 - $1) <= 0.02 * max(1, abs($1) / 100)
    }
  }
}
