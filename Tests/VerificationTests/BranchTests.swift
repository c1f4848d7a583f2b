import Foundation
import Interpreter
import ONNXFormat
import ONNXGraph
import Tensors
import Testing
import Verification

/// An `If` before the plugin whose condition follows from the size of the input.
struct BranchTests {
  /// The patch with its first map through an `If` on `images.shape[0] == batch`: the map as it is, or
  /// its negative.
  private func patched(batch: Int64) throws -> Model {
    var model = TinyDetector.plugin()
    model.graph.initializers["batch"] = Tensor([batch])
    model.graph.initializers["first"] = Tensor([Int64(0)])
    let folder = try TemporaryFolder()
    let path = try folder.write(model, as: "plain.onnx")
    var proto = try Onnx_ModelProto(
      serializedBytes: Data(contentsOf: URL(fileURLWithPath: path)))
    let last = try #require(proto.graph.node.indices.last)
    let map = proto.graph.node[last].input[0]
    proto.graph.node[last].input[0] = "chosen"
    proto.graph.node.insert(
      contentsOf: [
        node("Shape", ["images"], ["size"]), node("Gather", ["size", "first"], ["count"]),
        node("Equal", ["count", "batch"], ["condition"]),
        .with {
          $0 = node("If", ["condition"], ["chosen"])
          $0.attribute = [
            branch("then_branch", "Identity", map), branch("else_branch", "Neg", map),
          ]
        },
      ], at: last)
    let written = folder.file("if.onnx")
    try (proto.serializedBytes() as Data).write(to: URL(fileURLWithPath: written))
    return try Model(contentsOfFile: written)
  }

  private func node(_ type: String, _ inputs: [String], _ outputs: [String]) -> Onnx_NodeProto {
    .with {
      $0.opType = type
      $0.input = inputs
      $0.output = outputs
    }
  }

  private func branch(_ name: String, _ type: String, _ map: String) -> Onnx_AttributeProto {
    .with {
      $0.name = name
      $0.type = .graph
      $0.g.name = name
      $0.g.node = [node(type, [map], ["result"])]
      $0.g.output = [.with { $0.name = "result" }]
    }
  }

  @Test func theBranchIsTakenAsTheSizesSay() throws {
    let right = try patched(batch: 1)
    #expect(right.graph.nodes.contains { $0.isConditional })
    #expect(try !right.takingKnownBranches().graph.nodes.contains { $0.isConditional })
    let same = try TinyDetector.compare(right, with: TinyDetector.original())
    #expect(same.verdict == .equivalent, "\(same.text)")
    let other = try TinyDetector.compare(patched(batch: 2), with: TinyDetector.original())
    #expect(other.verdict == .different, "\(other.text)")
  }
}
