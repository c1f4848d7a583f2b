import Foundation
import TestSupport
import Testing
import Verification

/// `golden` on the command line: exit statuses, what is written, and that it is the same everywhere.
struct GoldenCommandTests {
  private let folder: TemporaryFolder
  private let original: String
  private let patched: String
  private let image: String
  private let record: String

  init() throws {
    folder = try TemporaryFolder()
    original = try folder.write(TinyDetector.original(), as: "original.onnx")
    patched = try folder.write(TinyDetector.plugin(), as: "patched.onnx")
    image = try folder.write(TinyDetector.noise(), as: "noise.npy")
    record = folder.file("tiny.golden.json")
    try expect(["golden", "record", original, image, "-o", record], 0)
  }

  @discardableResult
  private func expect(
    _ arguments: [String], _ status: Int32, environment: [String: String] = [:]
  ) throws -> Command {
    let command = try Command(arguments, environment: environment)
    #expect(command.status == status, "\(arguments) \(command.output)\(command.errors)")
    return command
  }

  private func wrong() throws -> String {
    var model = TinyDetector.plugin()
    model.bypass("map1")
    return try folder.write(model, as: "wrong.onnx")
  }

  private func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }

  @Test func statuses() throws {
    let right = try expect(["golden", "check", record, patched], 0)
    #expect(right.output.hasPrefix("record  ") && right.output.hasSuffix("verdict: equivalent\n"))
    let different = try expect(["golden", "check", record, try wrong()], 1)
    #expect(different.output.contains("scale 1"))
    for arguments in [[record, image], [image, patched], ["absent.json", patched]] {
      let command = try expect(["golden", "check"] + arguments, 2)
      #expect(command.errorLines.count == 1, "\(command.errors)")
    }
    for arguments in [
      ["record", image, image, "-o", record], ["record", original, "absent.npy", "-o", record],
      ["record", original, image, "-o", folder.path + "/no/such/x.golden.json"],
      ["update", record, image],
    ] {
      let command = try expect(["golden"] + arguments, 2)
      #expect(command.errorLines.count == 1, "\(command.errors)")
    }
    #expect(try Golden(contentsOfFile: record).summary.hasPrefix("1 images, "))
  }

  @Test(arguments: [
    ["record"], ["record", "a.onnx", "-o", "x"], ["record", "a.onnx", "b.jpg"], ["check"],
    ["check", "x"], ["check", "x", "a.onnx", "--threads", "0"], ["update", "x"],
    ["record", "a.onnx", "b.jpg", "-o", "x", "--stress", "16777217"],
    ["check", "x", "a.onnx", "--tolerance-box", "-1"], ["check", "x", "a.onnx", "--iou", "0.5"],
  ])
  func wrongUsage(_ arguments: [String]) throws {
    let command = try expect(["golden"] + arguments, 64)
    #expect(command.errorLines.count == 1, "\(command.errors)")
  }

  @Test func aSizeForAStaticGraphIsWrongUsage() throws {
    let path = folder.file("sized.golden.json")
    try expect(
      ["golden", "record", original, image, "-o", path, "--input-size", "64x96"], 64)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func updateWritesOnlyWhenAskedTo() throws {
    let before = try bytes(record)
    #expect(
      try expect(["golden", "update", record, original], 0).output.contains("nothing would change"))
    let shown = try expect(["golden", "update", record, try wrong()], 1)
    #expect(shown.output.contains("scale 1") && shown.output.contains("--yes"))
    #expect(try bytes(record) == before)
    try expect(["golden", "update", record, try wrong(), "--yes"], 0)
    #expect(try bytes(record) != before)
    try expect(["golden", "check", record, try wrong()], 0)
    try expect(["golden", "check", record, patched], 1)
  }

  @Test func theBytesAreTheSameEverywhere() throws {
    let before = try bytes(record)
    let runs: [(arguments: [String], environment: [String: String])] = [
      ([], [:]), (["--threads", "1"], [:]), (["--threads", "2"], [:]),
      ([], ["LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"]), ([], ["TZ": "Asia/Tokyo"]),
    ]
    for (arguments, environment) in runs {
      try FileManager.default.removeItem(atPath: record)
      try expect(
        ["golden", "record", original, image, "-o", record] + arguments, 0,
        environment: environment)
      #expect(try bytes(record) == before)
    }
    let elsewhere = try Command(
      ["golden", "record", "original.onnx", "./noise.npy", "-o", "second.golden.json"],
      directory: folder.path)
    #expect(elsewhere.status == 0, "\(elsewhere.errors)")
    #expect(try bytes(folder.file("second.golden.json")) == before)
  }

  /// Records and checks with each set of vector instructions this processor has.
  @Test func everyInstructionSetAgrees() throws {
    let sets = ["avx512", "avx2", "none"].filter { name in
      let command = try? Command(["--version"], environment: ["VERIFY_PATCH_SIMD": name])
      return command?.status == 0
    }
    #expect(sets.contains("none"))
    for recording in sets {
      try expect(
        ["golden", "record", original, image, "-o", record], 0,
        environment: ["VERIFY_PATCH_SIMD": recording])
      for checking in sets {
        try expect(
          ["golden", "check", record, patched], 0, environment: ["VERIFY_PATCH_SIMD": checking])
      }
    }
  }

  @Test func anInstructionSetThatDoesNotExistIsWrongUsage() throws {
    let command = try expect(["--version"], 64, environment: ["VERIFY_PATCH_SIMD": "sse9"])
    #expect(command.errorLines.count == 1 && command.errors.contains("'sse9'"))
  }

  @Test func theReportTellsOfTheRecord() throws {
    let command = try expect(["golden", "check", record, patched, "--json", "-"], 0)
    let json = try #require(try command.json())
    let golden = try #require(json["golden"] as? [String: Any])
    #expect(golden["schema"] as? Int == 2)
    #expect((golden["tool"] as? String)?.hasPrefix("verify-patch ") == true)
    let graph = try #require(json["original"] as? [String: Any])
    #expect(graph["sha256"] as? String == SHA256.hexDigest(of: try bytes(original)))
    #expect((json["patched"] as? [String: Any])?["form"] as? String == "yololayer-plugin")
  }

  @Test(arguments: [true, false]) func annotations(_ onGitHub: Bool) throws {
    let wrong = try wrong()
    let environment = onGitHub ? ["GITHUB_ACTIONS": "true"] : [:]
    for arguments in [["golden", "check", record, wrong], [original, wrong, image]] {
      let lines = try expect(arguments, 1, environment: environment).output.split(separator: "\n")
      let errors = lines.filter { $0.hasPrefix("::error title=verify-patch") }
      #expect(errors.isEmpty != onGitHub)
      #expect(errors.allSatisfy { $0.contains("wrong.onnx is different::") })
      #expect(lines.last == "verdict: different")
    }
    let right = try expect([original, patched, image], 0, environment: environment)
    #expect(!right.output.contains("::"))
  }
}
