import Foundation
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// The contract scripts rely on: arguments, exit statuses, where what is written, the JSON's keys.
struct CommandTests {
  private let folder: TemporaryFolder
  private let original: String
  private let patched: String
  private let image: String

  init() throws {
    folder = try TemporaryFolder()
    original = try folder.write(TinyDetector.original(), as: "original.onnx")
    patched = try folder.write(TinyDetector.plugin(), as: "patched.onnx")
    image = try folder.write(TinyDetector.noise(), as: "noise.npy")
  }

  @Test func equivalent() throws {
    let command = try Command([original, patched, image])
    #expect(command.status == 0)
    #expect(command.output.hasSuffix("\nverdict: equivalent\n"))
    #expect(command.errors.isEmpty)
    #expect(try Command(["compare", original, patched, image]).output == command.output)
  }

  @Test func different() throws {
    var wrong = TinyDetector.plugin()
    wrong.bypass("map1")
    let command = try Command([original, try folder.write(wrong, as: "wrong.onnx"), image])
    #expect(command.status == 1)
    #expect(command.output.hasSuffix("\nverdict: different\n"))
    #expect(command.errors.isEmpty)
  }

  @Test func anUnreadableFileIsOneLineAndUndecided() throws {
    for arguments in [
      ["missing.onnx", patched, image], [original, image, image], [original, patched, original],
    ] {
      let command = try Command(arguments)
      #expect(command.status == 2)
      #expect(command.output.hasSuffix("verdict: undecided\n"))
      #expect(command.errorLines.count == 1, "\(command.errors)")
    }
  }

  @Test func everyReasonIsALine() throws {
    let command = try Command(["missing.onnx", "absent.onnx", image])
    #expect(command.status == 2)
    #expect(command.errorLines.count == 2)
  }

  @Test(arguments: [
    [], ["a.onnx"], ["a.onnx", "b.onnx"], ["a.onnx", "b.onnx", "c.jpg", "--confidence", "2"],
    ["a.onnx", "b.onnx", "c.jpg", "--iou", "nan"], ["a.onnx", "b.onnx", "c.jpg", "--pad", "300"],
    ["a.onnx", "b.onnx", "c.jpg", "--input-size", "640"],
    ["a.onnx", "b.onnx", "c.jpg", "--input-size", "0x640"],
    ["a.onnx", "b.onnx", "c.jpg", "--tolerance-box", "-1"],
    ["a.onnx", "b.onnx", "c.jpg", "--threads", "0"],
    ["a.onnx", "b.onnx", "c.jpg", "--max-detections", "0"],
    ["a.onnx", "b.onnx", "c.jpg", "--resize", "crop"],
    ["a.onnx", "b.onnx", "c.jpg", "--rectangular", "--input-size", "64x64"],
    ["a.onnx", "b.onnx", "c.jpg", "--no-such-option"],
    ["run"], ["run", "a.onnx", "--repeat", "0"], ["run", "a.onnx", "--input", "x.npy"],
    ["run", "a.onnx", "--simulate", "int8"], ["run", "a.onnx", "--simulate-heads-only"],
    ["run", "a.onnx", "--simulate", "fp16", "--precision", "float64"],
    ["run", "a.onnx", "--precision", "float16"],
    ["inspect"],
  ])
  func wrongUsage(_ arguments: [String]) throws {
    let command = try Command(arguments)
    #expect(command.status == 64)
    #expect(command.errorLines.count == 1, "\(command.errors)")
    #expect(command.output.isEmpty)
  }

  @Test(arguments: [["--input-size", "64x96"], ["--rectangular"]])
  func sizesAreForDynamicGraphs(_ option: [String]) throws {
    let json = folder.file("report.json")
    let command = try Command([original, patched, image, "--json", json] + option)
    #expect(command.status == 64)
    #expect(command.errorLines.count == 1)
    #expect(!FileManager.default.fileExists(atPath: json))
  }

  @Test func jsonTakesTheTextsPlace() throws {
    let command = try Command([original, patched, image, "--json", "-"])
    #expect(command.status == 0)
    #expect(command.errors.hasSuffix("verdict: equivalent\n"))
    let report = try #require(try command.json())
    #expect(report["verdict"] as? String == "equivalent")
    let graph = try #require(report["original"] as? [String: Any])
    #expect(graph["form"] as? String == "yolov5-decoded")
    #expect(
      graph["sha256"] as? String
        == SHA256.hexDigest(of: try Data(contentsOf: URL(fileURLWithPath: original))))
    let images = try #require(report["images"] as? [[String: Any]])
    #expect(images[0]["inputShape"] as? [Int] == [1, 3, 64, 96])
    let keys: [String: Set<String>] = [
      "cells": ["compared", "different", "maxBoxErrorPx", "maxScoreError"],
      "candidates": [
        "original", "patched", "matched", "missing", "extra", "ambiguous", "specified",
        "classMismatches", "maxBoxErrorPx", "maxScoreError",
      ],
      "detections": [
        "original", "patched", "matched", "missing", "extra", "classMismatches", "maxBoxErrorPx",
        "maxScoreError",
      ],
    ]
    for (part, names) in keys {
      let found = try #require(images[0][part] as? [String: Any])
      #expect(names.isSubset(of: found.keys), "\(part)")
    }
  }

  @Test func jsonIsWrittenWhenNothingCouldBeRead() throws {
    let json = folder.file("report.json")
    let command = try Command(["missing.onnx", patched, image, "--json", json])
    #expect(command.status == 2)
    let report = try JSONDecoder().decode(
      Report.self, from: try Data(contentsOf: URL(fileURLWithPath: json)))
    #expect(report.verdict == .undecided)
    #expect(report.reasons == ["missing.onnx: no such file"])
    #expect(report.original.sha256 == nil)
    #expect(report.patched.sha256 != nil)
  }

  @Test func jsonThatCannotBeWrittenIsAnError() throws {
    let command = try Command([original, patched, image, "--json", folder.path + "/no/such/file"])
    #expect(command.status == 2)
    #expect(command.errorLines.count == 1)
  }

  @Test func runSavesOutputsAndTensors() throws {
    let saved = folder.file("out.npz")
    let command = try Command([
      "run", original, "--input", "images=\(image)", "--tensor", "head0.conv", "--save", saved,
      "--repeat", "2", "--threads", "1", "--json", "-",
    ])
    #expect(command.status == 0, "\(command.errors)")
    let summary = try #require(try command.json())
    let outputs = try #require(summary["outputs"] as? [[String: Any]])
    #expect(outputs.map { $0["name"] as? String } == ["output", "head0.conv"])
    #expect(outputs[0]["type"] as? String == "float32")
    #expect(outputs[0]["shape"] as? [Int] == [1, 378, 9])
    let timings = try #require(summary["timings"] as? [String: Any])
    #expect((timings["runSeconds"] as? [Double])?.count == 2)
    let archive = try TensorArchive(contentsOfFile: saved)
    #expect(archive.entries.map(\.name) == ["output", "head0.conv"])
    #expect(archive["head0.conv"]?.shape == [1, 27, 8, 12])
  }

  @Test func runComputesAsAsked() throws {
    func output(_ options: [String]) throws -> Tensor {
      let saved = folder.file("out.npz")
      let command = try Command(
        ["run", original, "--input", "images=\(image)", "--save", saved] + options)
      #expect(command.status == 0, "\(command.errors)")
      return try #require(try TensorArchive(contentsOfFile: saved)["output"])
    }
    let plain = try output([])
    #expect(try output(["--precision", "float64"]).elementType == .float64)
    let simulated = try output(["--simulate", "fp16"])
    #expect(simulated.elementType == .float32)
    #expect(simulated != plain)
    let heads = try output(["--simulate", "fp16", "--simulate-heads-only"])
    #expect(heads != simulated)
    #expect(heads != plain)
  }

  @Test(arguments: [
    ["--input", "image=IMAGE"], [], ["--image", "images=IMAGE", "--tensor", "no such"],
    ["--image", "images=missing.jpg"], ["--input", "images=missing.npy"],
  ])
  func runRefuses(_ arguments: [String]) throws {
    let command = try Command(
      ["run", original] + arguments.map { $0.replacingOccurrences(of: "IMAGE", with: image) })
    #expect(command.status == 2)
    #expect(command.errorLines.count == 1, "\(command.errors)")
    #expect(command.output.isEmpty)
  }

  @Test func inspectTellsWhatIsMissing() throws {
    var model = TinyDetector.plugin()
    model.edit("pool") { $0.operatorType = "NoSuchOperator" }
    let path = try folder.write(model, as: "missing.onnx")
    let command = try Command(["inspect", path, "--json", "-"])
    #expect(command.status == 0)
    let found = try #require(try command.json())
    let missing = try #require(found["missingOperators"] as? [[String: Any]])
    #expect(missing.map { $0["type"] as? String } == ["NoSuchOperator"])
    #expect(found["multiplyAdds"] == nil)
    #expect(found["form"] as? String == "yololayer-plugin")
  }

  @Test func inspectCounts() throws {
    let command = try Command(["inspect", original, "--json", "-"])
    let found = try #require(try command.json())
    #expect(found["opsets"] as? [String: Int] == ["": 12])
    #expect((found["operators"] as? [String: Int])?["Conv"] == 9)
    // Six blocks of 3x3 and three heads of 1x1 on the grids of 64x96.
    let blocks = 8 * 27 * 1536 + 12 * 72 * 384 + 16 * 108 * 96 + 16 * 144 * (24 + 6) + 16 * 288 * 24
    #expect(found["multiplyAdds"] as? Int == blocks + 27 * 16 * (96 + 24 + 6))
    #expect((found["inputs"] as? [[String: Any]])?[0]["shape"] as? [Int] == [1, 3, 64, 96])
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completionsAreGenerated(_ shell: String) throws {
    let command = try Command(["--generate-completion-script", shell])
    #expect(command.status == 0)
    #expect(command.output.contains("golden") && command.output.contains("tolerance-box"))
  }

  @Test func version() throws {
    let command = try Command(["--version"])
    #expect(command.status == 0)
    #expect(command.output.contains("."))
  }
}
