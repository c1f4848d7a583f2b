import Dumps
import Foundation
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// The folder that a plugin's author tests with.
struct TestVectorsTests {
  private let folder: TemporaryFolder
  private let model: String
  private let target: String

  init() throws {
    folder = try TemporaryFolder()
    model = try folder.write(TinyDetector.plugin(), as: "detector.onnx")
    target = folder.file("vectors")
  }

  private func write(seed: UInt64 = 0, to path: String) throws -> TestVectors.Manifest {
    var options = TestVectors.Options()
    options.seed = seed
    let vectors = try TestVectors(model: model, options: options)
    try vectors.write(toFolder: path)
    return vectors.manifest
  }

  @Test func everyFormatHoldsTheSameCase() throws {
    let manifest = try write(to: target)
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(target)/manifest.json"))
    #expect(try JSONDecoder().decode(TestVectors.Manifest.self, from: data) == manifest)
    #expect(manifest.cases.map(\.name) == ["zeros", "stress-0", "finite-0"])
    for one in manifest.cases {
      let dumps = try ["inputs", "inputs.json", "outputs", "outputs.json"].map {
        try Dump(contentsOf: "\(target)/\(one.name)/\($0)").runs[0].tensors
      }
      for (files, dumps) in [(one.inputs, dumps[..<2]), (one.outputs, dumps[2...])] {
        for file in files {
          let array = try Tensor(npyFile: "\(target)/\(file.npy)")
          #expect(array.shape.dimensions == file.shape)
          #expect(array.elementType.rawValue == file.type)
          for dump in dumps { #expect(dump[file.name] == array) }
        }
      }
    }
  }

  /// The outputs are those of the whole rules, the plugin alone says the same.
  @Test func theOutputsAreWhatThePluginGives() throws {
    let manifest = try write(to: target)
    for one in manifest.cases {
      let heads = try Dump(contentsOf: "\(target)/\(one.name)/inputs").runs[0].tensors
      let outputs = try Dump(contentsOf: "\(target)/\(one.name)/outputs").runs[0].tensors
      for path in [model, "\(target)/plugin.onnx"] {
        let decoding = try Decoding(
          model: path,
          heads: Dictionary(uniqueKeysWithValues: heads.entries.map { ($0.name, $0.tensor) }))
        for entry in outputs.entries { #expect(decoding.outputs[entry.name] == entry.tensor) }
        #expect(decoding.summary.images.map(\.count) == one.rows)
      }
      let isFinite = heads.entries.allSatisfy { entry in
        entry.tensor.elements(of: Float.self).allSatisfy { !$0.isNaN }
      }
      #expect(isFinite != one.name.hasPrefix("stress"))
    }
    #expect(manifest.cases[0].rows == [0])
    // All classes, and rows on every map.
    let classes = try Tensor(npyFile: "\(target)/finite-0/outputs/DecodeDetectionClasses.npy")
    #expect(Set(classes.elements(of: Int32.self)).isSuperset(of: [0, 1, 2, 3]))
    #expect(manifest.cases[2].rows[0] > 10)
  }

  /// NaN that is fed arrives; a plugin is free in the order of its rows.
  @Test(arguments: ["stress-0", "finite-0"])
  func anEnginesRowsAreHeldAgainstTheVectors(_ name: String) throws {
    _ = try write(to: target)
    let heads = try Dump(contentsOf: "\(target)/\(name)/inputs").runs[0].tensors
    let decoding = try Decoding(
      model: "\(target)/plugin.onnx",
      heads: Dictionary(uniqueKeysWithValues: heads.entries.map { ($0.name, $0.tensor) }))
    let outputs = try Dump(contentsOf: "\(target)/\(name)/outputs").runs[0].tensors
    var dump = EngineDump(
      Dictionary(uniqueKeysWithValues: outputs.entries.map { ($0.name, $0.tensor) }))
    let hasNaN = dump.rows.contains { row in (row.box + [row.score]).contains { $0.isNaN } }
    #expect(hasNaN == name.hasPrefix("stress"))
    func verdict() throws -> Report {
      let path = try dump.write(as: .npz, in: folder)
      return try decoding.compare(
        with: try Dump(contentsOf: path), path: path, options: DumpOptions())
    }
    for seed in 1...3 as ClosedRange<UInt64> {
      dump.shuffle(seed: seed)
      let right = try verdict()
      #expect(right.verdict == .equivalent, "\(right.text)")
    }
    for row in 0..<5 {
      let intact = dump.rows[row]
      dump.rows[row].score = intact.score.isNaN ? 0.5 : .nan
      #expect(try verdict().verdict == .different)
      dump.rows[row] = intact
      dump.rows[row].box[1] = intact.box[1].isNaN ? 5 : intact.box[1] + 1
      #expect(try verdict().verdict == .different)
      dump.rows[row] = intact
    }
  }

  @Test func equalArgumentsGiveEqualBytes() throws {
    _ = try write(to: target)
    _ = try write(to: folder.file("again"))
    _ = try write(seed: 1, to: folder.file("other"))
    let files = try #require(FileManager.default.subpaths(atPath: target)).sorted()
    #expect(FileManager.default.subpaths(atPath: folder.file("again"))?.sorted() == files)
    for file in files {
      #expect(
        FileManager.default.contents(atPath: "\(target)/\(file)")
          == FileManager.default.contents(atPath: folder.file("again/\(file)")), "\(file)")
    }
    #expect(
      try Tensor(npyFile: "\(target)/stress-0/inputs/p3.npy")
        != Tensor(npyFile: folder.file("other/stress-0/inputs/p3.npy")))
  }

  @Test func theFolderAppearsWholeOrNotAtAll() throws {
    let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    for path in [model, folder.path, folder.file("missing/vectors")] {
      #expect(throws: (any Error).self) { _ = try write(to: path) }
    }
    #expect(throws: (any Error).self) {
      try TestVectors(model: folder.write(TinyDetector.original(), as: "detector.onnx"))
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == before)
  }

  /// What the page tells to type is the command as it is.
  @Test func theCommandWritesWhatThePageTells() throws {
    let written = try Command(["vectors", model, "-o", target])
    #expect(written.status == 0, "\(written.errors)")
    let page = try String(contentsOfFile: "\(target)/README.md", encoding: .utf8)
    let lines = page.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { $0.hasPrefix("verify-patch ") && $0.hasSuffix("--against out") }
    #expect(lines.count == 1)
    try FileManager.default.copyItem(
      atPath: "\(target)/finite-0/outputs", toPath: "\(target)/out")
    for line in lines {
      let words = line.split(separator: " ").dropFirst().map { word in
        FileManager.default.fileExists(atPath: "\(target)/\(word)")
          ? "\(target)/\(word)" : "\(word)"
      }
      #expect(try Command(words).status == 0, "\(line)")
    }
    #expect(try Command(["vectors", model, "-o", target]).status == 2)
    #expect(try Command(["vectors", model]).status == 64)
  }
}
