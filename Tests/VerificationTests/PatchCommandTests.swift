import Foundation
import ONNXGraph
import TestSupport
import Testing

/// `verify-patch patch` as scripts use it.
struct PatchCommandTests {
  private let folder: TemporaryFolder
  private let original: String
  private let image: String
  private let output: String

  init() throws {
    folder = try TemporaryFolder()
    original = try folder.write(TinyDetector.original(), as: "original.onnx")
    image = try folder.write(TinyDetector.noise(), as: "noise.npy")
    output = folder.file("patched.onnx")
  }

  @Test func writesWhatComparesEqual() throws {
    let command = try Command([
      "patch", original, "-o", output, "--plugin", "yololayer", "--verify", image,
    ])
    #expect(command.status == 0, "\(command.errors)")
    #expect(command.output.hasSuffix("verdict: equivalent\n"))
    #expect(command.errors.contains("strides 8,16,32, anchors 5x6,8x15,16x11 15x30"))
    #expect(try Command([original, output, image]).status == 0)
  }

  @Test func nothingIsWrittenWhenTheGraphsAreNotEquivalent() throws {
    // A plugin that drops what the comparison asks for.
    let command = try Command([
      "patch", original, "-o", output, "--plugin", "yololayer", "--score-threshold", "0.9",
      "--verify", image,
    ])
    #expect(command.status == 1, "\(command.errors)")
    #expect(!FileManager.default.fileExists(atPath: output))
    let unreadable = try Command([
      "patch", original, "-o", output, "--plugin", "yololayer", "--verify", "missing.jpg",
    ])
    #expect(unreadable.status == 2)
    #expect(!FileManager.default.fileExists(atPath: output))
  }

  @Test func refusalsAreOneLine() throws {
    let heads = try folder.write(TinyDetector.heads(), as: "heads.onnx")
    for (model, target) in [(heads, "yololayer"), (image, "heads"), ("missing.onnx", "heads")] {
      let command = try Command(["patch", model, "-o", output, "--plugin", target])
      #expect(command.status == 2)
      #expect(command.errorLines.count == 1, "\(command.errors)")
      #expect(command.errors.contains(model))
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }

  @Test func theInputIsNeverWrittenOver() throws {
    let link = folder.file("link.onnx")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: original)
    let before = try Data(contentsOf: URL(fileURLWithPath: original))
    for path in [original, link, folder.path + "/./original.onnx"] {
      let command = try Command(["patch", original, "-o", path, "--plugin", "heads"])
      #expect(command.status == 64)
      #expect(command.errorLines.count == 1, "\(command.errors)")
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: original)) == before)
  }

  @Test(arguments: [
    ["--plugin", "trt"], [], ["--plugin", "heads", "--anchors", "1,2,3"],
    ["--plugin", "heads", "--anchors", "1,x"], ["--plugin", "heads", "--strides", "8,0.5"],
    ["--plugin", "heads", "--score-threshold", "0.5"], ["--plugin", "yololayer", "--top-k", "5"],
    ["--plugin", "yololayer", "--score-threshold", "2"], ["--plugin", "heads", "--classes", "0"],
  ])
  func wrongUsage(_ arguments: [String]) throws {
    let command = try Command(["patch", original, "-o", output] + arguments)
    #expect(command.status == 64)
    #expect(command.errorLines.count == 1, "\(command.errors)")
  }
}
