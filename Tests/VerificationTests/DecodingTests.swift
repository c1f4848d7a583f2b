import Detection
import Dumps
import Foundation
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// The plugin alone, on heads from files.
struct DecodingTests {
  private let folder: TemporaryFolder
  private let model: String
  /// What the whole graph gives, the plugin's inputs among it.
  private let tensors: TensorArchive
  private static let maps = ["p3", "p4", "p5"]

  init() throws {
    folder = try TemporaryFolder()
    model = try folder.write(TinyDetector.plugin(), as: "plugin.onnx")
    let run = try ModelRun(
      TinyDetector.plugin(), inputs: ["images": TinyDetector.noise()], keeping: Self.maps)
    tensors = TensorArchive(run.outputs.map { .init(name: $0.name, tensor: $0.tensor) })
  }

  private var heads: [String: Tensor] {
    Dictionary(uniqueKeysWithValues: Self.maps.map { ($0, tensors[$0]!) })
  }

  private var outputs: [String: Tensor] {
    Dictionary(uniqueKeysWithValues: EngineDump.names.map { ($0, tensors[$0]!) })
  }

  @Test func thePluginAloneGivesWhatTheGraphDoes() throws {
    let decoding = try Decoding(model: model, heads: heads)
    for name in EngineDump.names { #expect(decoding.outputs[name] == tensors[name]) }
    let rows = try #require(decoding.summary.images.first)
    let dump = EngineDump(outputs)
    #expect(rows.count == dump.rows.count)
    for (row, expected) in zip(rows, dump.rows) {
      #expect(row.box == expected.box.map { Figure($0) })
      #expect(row.score == Figure(expected.score))
      #expect(row.class == Int(expected.classIndex))
      #expect(row.cell != nil)
    }
    #expect(rows.map(\.row) == Array(rows.indices))
    #expect(decoding.summary.text.contains("\(rows.count) rows"))
  }

  @Test(arguments: EngineDump.Format.allCases)
  func anEnginesRowsAreHeldAgainstIt(_ format: EngineDump.Format) throws {
    let decoding = try Decoding(model: model, heads: heads)
    var dump = EngineDump(outputs)
    dump.shuffle()
    func report(_ dump: EngineDump) throws -> Report {
      let path = try dump.write(as: format, in: folder)
      return try decoding.compare(
        with: try Dump(contentsOf: path), path: path, options: DumpOptions())
    }
    let right = try report(dump)
    #expect(right.verdict == .equivalent, "\(right.text)")
    // No network in front of the plugin: less is allowed than of an engine.
    #expect(try #require(right.images.first?.tolerances).boxPx < 0.005)
    dump.rows[7].box[2] += 0.02
    let wrong = try report(dump)
    #expect(wrong.verdict == .different)
    #expect(wrong.images.first?.candidates?.findings.map(\.row) == [7], "\(wrong.text)")
  }

  @Test func halfPrecisionHeadsAreTaken() throws {
    let halves = heads.mapValues { map in
      Tensor(map.elements(of: Float.self).map { Half($0) }, shape: map.shape)
    }
    let rounded = halves.mapValues { map in
      Tensor(map.elements(of: Half.self).map(\.float), shape: map.shape)
    }
    #expect(
      try Decoding(model: model, heads: halves).outputs
        == Decoding(model: model, heads: rounded).outputs)
  }

  @Test func whatLacksIsNamed() throws {
    var partial = heads
    partial["p4"] = nil
    let missing = #expect(throws: (any Error).self) { try Decoding(model: model, heads: partial) }
    #expect("\(try #require(missing))".contains("'p4' is not among what is given: 'p3', 'p5'"))
    partial["p4"] = Tensor.zeros(.float32, shape: [1, 5, 4, 6])
    let wrong = #expect(throws: (any Error).self) { try Decoding(model: model, heads: partial) }
    #expect("\(try #require(wrong))".contains("expected [N,27,H,W]"))
    let other = try folder.write(TinyDetector.original(), as: "original.onnx")
    let none = #expect(throws: (any Error).self) { try Decoding(model: other, heads: heads) }
    #expect(
      "\(try #require(none))".contains("ends in yolov5-decoded, expected one with a YoloLayer_TRT"))
  }

  @Test func theCommandTakesHeadsFromAnyFile() throws {
    let all = TensorArchive(Self.maps.map { .init(name: $0, tensor: heads[$0]!) })
    let archive = folder.file("heads.npz")
    try all.write(toFile: archive)
    let saved = folder.file("out.npz")
    let whole = try Command(["decode", model, archive, "--save", saved])
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(
      try TensorArchive(contentsOfFile: saved)["DecodeDetectionBoxes"]
        == tensors["DecodeDetectionBoxes"])
    var arguments = ["decode", model, "--json", "-"]
    for (name, format) in zip(Self.maps, [EngineDump.Format.npz, .polygraphy, .trtexec]) {
      let one = TensorArchive([.init(name: name, tensor: heads[name]!)])
      arguments += ["--input", "\(name)=\(try one.write(as: format, in: folder))"]
    }
    let apart = try Command(arguments)
    #expect(apart.status == 0, "\(apart.errors)")
    let images = try #require(try apart.json()?["images"] as? [[Any]])
    #expect(images.count == 1 && !images[0].isEmpty)
    let against = try Command(["decode", model, archive, "--against", saved])
    #expect(against.status == 0)
    #expect(against.output.hasSuffix("verdict: equivalent\n"))
    #expect(try Command(["decode", model]).status == 64)
    #expect(try Command(["decode", model, folder.file("missing")]).status == 2)
  }
}
