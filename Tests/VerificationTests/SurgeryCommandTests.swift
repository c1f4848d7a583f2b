import Foundation
import ONNXGraph
import Surgery
import TestSupport
import Testing

/// `check`, `extract` and what `inspect` says of decodes, as scripts use them.
struct SurgeryCommandTests {
  private let folder: TemporaryFolder
  private let original: String
  private let patched: String

  init() throws {
    folder = try TemporaryFolder()
    original = try folder.write(TinyDetector.original(), as: "original.onnx")
    patched = try folder.write(
      try Patch(TinyDetector.original(), PatchOptions(.yololayer)).model, as: "patched.onnx")
  }

  @Test func checkPasses() throws {
    let command = try Command(["check", patched, "--against", original])
    #expect(command.status == 0, "\(command.output)")
    #expect(command.output == "\(patched): 0 errors, 0 warnings\n")
  }

  @Test func checkWarns() throws {
    let command = try Command(["check", original, "--json", "-"])
    #expect(command.status == 0)
    let report = try #require(try command.json())
    #expect(report["errors"] as? Int == 0)
    #expect(report["warnings"] as? Int == 1)
    let findings = try #require(report["findings"] as? [[String: String]])
    #expect(findings[0]["rule"] == "undeclared-output")
    #expect(Set(findings[0].keys) == ["rule", "severity", "place", "message", "remedy"])
  }

  @Test func checkFails() throws {
    var model = try Model(contentsOfFile: patched)
    model.edit("YoloLayer") { $0.attributes["max_stride"] = .int(16) }
    let command = try Command(["check", try folder.write(model, as: "wrong.onnx")])
    #expect(command.status == 1)
    #expect(
      command.output.hasPrefix("error stride: YoloLayer_TRT 'YoloLayer': attribute max_stride"))
  }

  @Test func checkCannotRead() throws {
    for arguments in [["missing.onnx"], [patched, "--against", "missing.onnx"]] {
      let command = try Command(["check"] + arguments)
      #expect(command.status == 2)
      #expect(command.errorLines.count == 1)
    }
  }

  @Test func extracts() throws {
    let part = folder.file("part.onnx")
    let command = try Command([
      "extract", original, "--inputs", "images", "--outputs", "head0.conv,head2.conv", "-o", part,
    ])
    #expect(command.status == 0, "\(command.errors)")
    let model = try Model(contentsOfFile: part)
    #expect(model.graph.outputs.map(\.name) == ["head0.conv", "head2.conv"])
    #expect(model.graph.outputs[0].dimensions == [1, 27, 8, 12].map { .fixed($0) })
    #expect(model.metadata == TinyDetector.original().metadata)
  }

  @Test(arguments: [
    ["--inputs", "no such", "--outputs", "output"], ["--inputs", "stem.silu", "--outputs", "none"],
    ["--inputs", "head0.conv", "--outputs", "output"],
  ])
  func extractRefuses(_ arguments: [String]) throws {
    let part = folder.file("part.onnx")
    let command = try Command(["extract", original, "-o", part] + arguments)
    #expect(command.status == 2)
    #expect(command.errorLines.count == 1)
    #expect(!FileManager.default.fileExists(atPath: part))
  }

  @Test(arguments: ["original", "patched"])
  func inspectTellsTheDecode(_ name: String) throws {
    let command = try Command(["inspect", folder.file("\(name).onnx"), "--json", "-"])
    let found = try #require(try command.json())
    let decode = try #require(found["decode"] as? [String: Any])
    #expect(decode["strides"] as? [Int] == [8, 16, 32])
    #expect(decode["anchors"] as? [[Float]] == TinyDetector.anchors)
    #expect(decode["classes"] as? Int == 4)
    #expect((found["plugins"] == nil) == (name == "original"))
    #expect(found["layers"] == nil)
  }

  @Test func inspectHoldsThePluginAgainstTheGraph() throws {
    let command = try Command(["inspect", patched])
    #expect(command.output.contains("max_stride 32 (as the graph)"))
    #expect(command.output.contains("num_classes 4 (as the graph)"))
    var model = try Model(contentsOfFile: patched)
    model.edit("YoloLayer") { $0.attributes["max_stride"] = .int(16) }
    let wrong = try Command(["inspect", try folder.write(model, as: "wrong.onnx")])
    #expect(wrong.output.contains("max_stride 16 (graph: 32)"))
  }

  @Test func inspectListsLayers() throws {
    let command = try Command(["inspect", original, "--layers", "--json", "-"])
    let layers = try #require(try command.json()?["layers"] as? [[String: Any]])
    #expect(layers.count == TinyDetector.original().graph.nodes.count)
    let head = try #require(layers.first { $0["name"] as? String == "head0.conv" })
    let output = try #require((head["outputs"] as? [[String: Any]])?.first)
    #expect(output["shape"] as? [Int] == [1, 27, 8, 12])
    #expect(head["multiplyAdds"] as? Int == 27 * 16 * 96)
    let text = try Command(["inspect", original, "--layers"])
    #expect(text.output.contains("Conv head0.conv -> head0.conv: float32 [1,27,8,12]"))
  }
}
