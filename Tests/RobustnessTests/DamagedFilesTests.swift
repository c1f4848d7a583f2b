import Foundation
import TestSupport
import Testing
import Verification

/// Whatever is wrong with a file, a comparison ends in a verdict or in one line that names the file.
@Suite(.serialized, .timeLimit(.minutes(10))) struct DamagedFilesTests {
  private static let fixtures = URL(filePath: ProjectFiles.fixtures)
  private static let original = fixtures.appending(path: "detector_original.onnx")
  private static let patched = fixtures.appending(path: "detector_yololayer.onnx")
  private static let jpeg = fixtures.appending(path: "scenes/grey.jpg")
  private static let png = fixtures.appending(path: "scenes/palette.png")

  private enum Role { case original, patched, image }

  /// Compares with one of the three files replaced by `bytes`, and checks what is said of it.
  private func compare(_ bytes: Data, as role: Role, _ label: String) throws -> Report {
    let file = FileManager.default.temporaryDirectory.appending(
      path: "verify-patch-\(ProcessInfo.processInfo.processIdentifier)-\(role).bin")
    try bytes.write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    var options = ComparisonOptions()
    // One pass: the damage is in the graphs, not in what they are fed.
    options.stressCases = 1
    let report = try Verification.compare(
      original: role == .original ? file.path : Self.original.path,
      patched: role == .patched ? file.path : Self.patched.path,
      images: [role == .image ? file.path : Self.jpeg.path], options: options)
    if report.verdict == .undecided {
      #expect(!report.reasons.isEmpty, "\(label): nothing said")
    }
    for reason in report.reasons {
      #expect(!reason.contains("\n"), "\(label): more than a line: \(reason)")
    }
    return report
  }

  /// A position in the part of a model file that holds no weights, mostly: the nodes come first.
  private func position(in file: Data, using generator: inout SeededGenerator) -> Int {
    let bound = Bool.random(using: &generator) ? min(file.count, 40_000) : file.count
    return Int.random(in: 0..<bound, using: &generator)
  }

  @Test(arguments: 0..<8) func `bits of a model are flipped`(block: UInt64) throws {
    var generator = SeededGenerator(seed: block)
    let (role, source) = block % 2 == 0 ? (Role.patched, Self.patched) : (.original, Self.original)
    let intact = try Data(contentsOf: source)
    for index in 0..<150 {
      var damaged = intact
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        damaged[position(in: intact, using: &generator)] ^=
          1
          << UInt8.random(
            in: 0..<8, using: &generator)
      }
      _ = try compare(damaged, as: role, "seed \(block), model \(index)")
    }
    #expect(peakMemory < 2 << 30)
  }

  @Test(arguments: 8..<12) func `a model is cut off`(block: UInt64) throws {
    var generator = SeededGenerator(seed: block)
    let intact = try Data(contentsOf: Self.patched)
    for index in 0..<100 {
      let length = position(in: intact, using: &generator)
      let report = try compare(
        intact.prefix(length), as: .patched, "seed \(block), model \(index), \(length) bytes")
      #expect(report.verdict == .undecided, "\(length) bytes pass for a model")
    }
  }

  @Test(arguments: 12..<16) func `bits of an image are flipped`(block: UInt64) throws {
    var generator = SeededGenerator(seed: block)
    let intact = try Data(contentsOf: block % 2 == 0 ? Self.jpeg : Self.png)
    for index in 0..<100 {
      var damaged = intact
      damaged[Int.random(in: 0..<intact.count, using: &generator)] ^=
        1
        << UInt8.random(
          in: 0..<8, using: &generator)
      _ = try compare(damaged, as: .image, "seed \(block), image \(index)")
    }
    #expect(peakMemory < 2 << 30)
  }

  @Test(arguments: 16..<18) func `an image is cut off`(block: UInt64) throws {
    var generator = SeededGenerator(seed: block)
    let intact = try Data(contentsOf: block % 2 == 0 ? Self.jpeg : Self.png)
    for _ in 0..<100 {
      // The last bytes may be the end marker alone, without which the picture is still whole.
      let length = Int.random(in: 0..<intact.count - 16, using: &generator)
      let report = try compare(
        intact.prefix(length), as: .image, "seed \(block), \(length) bytes")
      #expect(report.verdict == .undecided, "\(length) bytes pass for an image")
    }
  }

  private struct Nonsense: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: Data
  }

  private static let nonsense = [
    Nonsense(testDescription: "empty", bytes: Data()),
    Nonsense(testDescription: "text", bytes: Data("to be a model, or not to be\n".utf8)),
    Nonsense(testDescription: "zeros", bytes: Data(repeating: 0, count: 4096)),
    Nonsense(testDescription: "ones", bytes: Data(repeating: 0xff, count: 4096)),
    Nonsense(
      testDescription: "random bytes",
      bytes: {
        var generator = SeededGenerator(seed: 99)
        return Data((0..<10_000).map { _ in UInt8.random(in: 0...255, using: &generator) })
      }()),
  ]

  @Test(arguments: nonsense) private func `what is no model or image is refused`(
    _ nonsense: Nonsense
  ) throws {
    for role in [Role.original, .patched, .image] {
      let report = try compare(nonsense.bytes, as: role, "\(nonsense.testDescription) as \(role)")
      #expect(report.verdict == .undecided)
    }
  }

  @Test(arguments: ["/nonexistent/file", NSTemporaryDirectory()])
  func `what is no file is refused by name`(path: String) throws {
    for position in 0..<3 {
      var files = [Self.original.path, Self.patched.path, Self.jpeg.path]
      files[position] = path
      let report = try Verification.compare(
        original: files[0], patched: files[1], images: [files[2]])
      #expect(report.verdict == .undecided)
      #expect(report.reasons.contains { $0.contains(path) })
    }
  }

  /// The most memory the process has held, in bytes.
  private var peakMemory: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}
