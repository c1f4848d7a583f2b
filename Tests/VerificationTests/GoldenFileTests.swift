import Foundation
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// The file of a record: stable, read back to the bit, and refused when it is not whole.
struct GoldenFileTests {
  private let record: TinyGolden
  private let data: Data

  init() throws {
    record = try TinyGolden()
    data = try Data(contentsOf: URL(fileURLWithPath: record.file))
  }

  @Test func isReadAsItWasWritten() throws {
    let read = try Golden(contentsOfFile: record.file)
    #expect(read == record.golden)
    #expect(Data(read.text.utf8) == data)
  }

  @Test func oneCandidateALine() throws {
    let lines = record.golden.text.split(separator: "\n").filter { $0.contains("\"probability\"") }
    #expect(lines.count == record.golden.images[0].candidates.count)
    #expect(record.golden.text.contains("\"path\": \"noise0.npy\""))
  }

  @Test func everyBitOfANumberIsKept() throws {
    var generator = SeededGenerator(seed: 12)
    var golden = record.golden
    for _ in 0..<200 {
      for index in golden.images[0].sample.indices {
        let value = Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &generator))
        golden.images[0].sample[index].classScores[0] = value.isFinite ? value : -0.0
      }
      let read = try Golden(data: Data(golden.text.utf8))
      let bits = { (golden: Golden) in golden.images[0].sample.map { $0.classScores[0].bitPattern }
      }
      #expect(bits(read) == bits(golden))
    }
  }

  @Test func everyTruncationIsRefused() {
    for length in 0..<data.count { expectRefused(data.prefix(length)) }
  }

  @Test func aThousandBitFlipsAreRefused() {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<1000 {
      var damaged = data
      damaged[Int.random(in: 0..<data.count, using: &generator)] ^=
        1 << UInt8.random(in: 0..<8, using: &generator)
      expectRefused(damaged)
    }
  }

  private func expectRefused(_ data: Data) {
    do {
      _ = try Golden(data: data)
      Issue.record("\(data.count) bytes pass for a record")
    } catch {
      #expect(!error.description.isEmpty && !error.description.contains("\n"))
    }
  }

  /// With a digest that fits, so that what is said is looked at.
  @Test(arguments: [
    ("\"schema\": 2", "\"schema\": 3", "a newer verify-patch"),
    ("\"schema\": 2", "\"schema\": 0", "schema 0"),
    ("\"cases\": 25200", "\"cases\": 0", "made-up cases"),
    ("\"cases\": 25200", "\"cases\": 1000000000000", "made-up cases"),
    ("\"channels\": 9", "\"channels\": 8", "8 channels"),
    ("\"channels\": 9", "\"channels\": 4611686018427387904", "channels"),
    ("\"isDecoded\": true", "\"isDecoded\": 1", "stress.isDecoded"),
    ("\"precision\": \"float32\",\n    \"tol", "\"precision\": \"int8\",\n    \"tol", "int8"),
    ("\"nonFinite\": [", "\"nonFinite\": [0, ", "means of an anchor"),
    ("\"noise\": {", "\"noise\": 3, \"other\": {", "noise"),
    ("\"form\": \"yolov5-decoded\"", "\"form\": \"yolov9\"", "model.form"),
    ("\"seed\": 1,", "", "no 'seed'"),
    ("\"grids\": [[3, 8, 12]", "\"grids\": [[3, 8, 4611686018427387904]", "a grid"),
    ("\"grids\": [[3, 8, 12], ", "\"grids\": [", "not a record"),
    ("\"cell\": [0, 0, ", "\"cell\": [0, 9, ", "a cell"),
    ("\"cell\": [0, 0, ", "\"cell\": [0, 0, 0, 0, ", "a cell"),
    ("\"class\": ", "\"class\": 7", "class 7"),
    ("\"shape\": [1, 3, 64, 96]", "\"shape\": [1, 3, 0, 96]", "an input"),
    ("\"shape\": [1, 3, 64, 96]", "\"shape\": [1e99]", "not a record"),
    ("\"boxPx\": ", "\"boxPx\": -", "a tolerance"),
    ("\"confidence\": 0.25", "\"confidence\": 25", "thresholds"),
    ("\"stride\": [8.0, ", "\"stride\": [0, ", "strides"),
    ("\"images\": [", "\"images\": [], \"others\": [", "no images"),
    ("\"classes\": [", "\"classes\": [], \"others\": [", "0 classes"),
  ])
  func whatNoRecordSaysIsRefused(_ found: String, _ replaced: String, _ message: String) throws {
    var text = record.golden.text
    let range = try #require(text.range(of: found))
    text.replaceSubrange(range, with: replaced)
    let end = try #require(text.range(of: "  \"digest\"", options: .backwards))
    let body = String(text[..<end.lowerBound])
    let digest = SHA256.hexDigest(of: Data(body.utf8))
    do {
      _ = try Golden(data: Data((body + "  \"digest\": \"\(digest)\"\n}\n").utf8))
      Issue.record("\(replaced) passes for a record")
    } catch {
      #expect(error.description.contains(message), "\(error)")
    }
  }

  /// Made by an earlier release, of the fixtures' detector on one scene.
  @Test(arguments: ["original", "yololayer_dynamic"])
  func aRecordOfSchema1IsRead(_ graph: String) throws {
    let file = "\(FixtureTests.folder)/former/detector-1.golden.json"
    let golden = try Golden(contentsOfFile: file)
    #expect(golden.schema == 1 && golden.stress == nil && golden.images[0].noise == nil)
    let model = "\(FixtureTests.folder)/detector_\(graph).onnx"
    let report = checkGolden(file, model: model)
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    #expect(report.golden?.schema == 1 && report.stress == nil)
    #expect(report.images[0].candidates!.matched > 0)
    #expect(report.notes.contains { $0.contains("schema 1; golden update adds them") })
    let update = try updateGolden(file, model: model)
    #expect(update.recording.golden.stress != nil)
    #expect(update.changes.contains("schema: 1 becomes 2"))
    #expect(update.changes.contains("made-up cases: recorded now"))
  }

  @Test func theEditedRecordIsRefusedInTheReport() throws {
    let text = record.golden.text
    let edited = record.folder.file("edited.golden.json")
    let changed = text.replacingOccurrences(of: "\"confidence\": 0.25", with: "\"confidence\": 0.5")
    try Data(changed.utf8).write(to: URL(fileURLWithPath: edited))
    let report = checkGolden(edited, model: record.folder.file("original.onnx"))
    #expect(report.verdict == .undecided)
    #expect(
      report.reasons.count == 1 && report.reasons[0].contains("changed since it was recorded"))
  }
}
