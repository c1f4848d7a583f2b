import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

struct JointGraphTests {
  private func joined(_ original: Model, _ patched: Model) -> JointGraph {
    JointGraph(
      Pair(original: original, patched: patched),
      pairedInputs: [
        Pair(original: original.graph.inputs[0].name, patched: patched.graph.inputs[0].name)
      ])
  }

  @Test func differentTailsShareTheNetwork() {
    let joint = joined(TinyDetector.original(), TinyDetector.plugin(namePrefix: "patched/"))
    // Six blocks of three nodes, three heads, pool, add, resize, concat; 3 x 12 and the last
    // concat in one tail, three sigmoids and the plugin in the other.
    #expect(joint.sharing == Sharing(identicalNodes: 25, originalOnly: 37, patchedOnly: 4))
    #expect(joint.names.patched["patched/head0.conv"] == "head0.conv")
    #expect(joint.names.original["output"] == "output")
    #expect(joint.names.patched["DecodeNumDetection"] == "DecodeNumDetection")
    #expect(joint.model.graph.inputs.map { $0.name } == ["images"])
    #expect(joint.model.graph.nodes.count == 66)
    #expect(!joint.unsharedOperators.contains("Conv"))
  }

  @Test func equalNamesOfDifferentValuesAreKeptApart() throws {
    var patched = TinyDetector.original()
    patched.graph.initializers["head0.bias"] = Tensor.zeros(.float32, shape: [27])
    let joint = joined(TinyDetector.original(), patched)
    let graph = joint.model.graph
    let name = try #require(joint.names.patched["head0.conv"])
    #expect(name != "head0.conv")
    let node = try #require(graph.nodes.first { $0.outputs == [name] })
    #expect(node.inputs[1] == "head0.weight")
    #expect(graph.initializers[node.inputs[2]] == Tensor.zeros(.float32, shape: [27]))
    #expect(joint.unsharedOperators.contains("Conv"))
  }

  @Test(arguments: [
    ModelEdit("last bit of a weight") { model in
      let tensor = model.graph.initializers["down3.weight"]!
      var values = tensor.elements(of: Float.self)
      values[values.count / 2 + 5] = values[values.count / 2 + 5].nextUp
      model.graph.initializers["down3.weight"] = Tensor(values, shape: tensor.shape)
    },
    ModelEdit("sign of a zero attribute") { model in
      model.edit("pool") { $0.attributes["x"] = .float(-0.0) }
    },
  ])
  func oneBitIsADifference(_ edit: ModelEdit) {
    var original = TinyDetector.original()
    original.edit("pool") { $0.attributes["x"] = .float(0) }
    #expect(joined(original, original).sharing.originalOnly == 0)
    #expect(joined(original, edit(original)).sharing.originalOnly > 0)
  }

  @Test func aNodeOfAnotherOperatorSetKeepsItWhereThatMatters() throws {
    var original = TinyDetector.original()
    var patched = TinyDetector.original()
    patched.opsets = ["": 13]
    // Neither convolutions nor Resize mean another thing at 13.
    #expect(joined(original, patched).names.patched["up"] == "up")

    // But for this mode, which 13 does not know.
    for index in original.graph.nodes.indices where original.graph.nodes[index].name == "up" {
      let mode = Attribute.string("tf_half_pixel_for_nn")
      original.graph.nodes[index].attributes["coordinate_transformation_mode"] = mode
    }
    patched.graph = original.graph
    let joint = joined(original, patched)
    let name = try #require(joint.names.patched["up"])
    #expect(joint.names.patched["down5.silu"] == "down5.silu")
    #expect(joint.model.graph.nodes.first { $0.outputs == [name] }?.opset == 13)
    #expect(joint.model.graph.nodes.first { $0.name == "stem.conv" }?.opset == nil)
  }

  @Test(RealModels.condition) func realPair() throws {
    let original = try Model(contentsOfFile: RealModels.path("models/yolov5n_original.onnx"))
    let patched = try Model(contentsOfFile: RealModels.path("models/yolov5n_yololayer.onnx"))
    #expect(
      joined(original, patched).sharing
        == Sharing(identicalNodes: 199, originalOnly: 37, patchedOnly: 4))
  }
}
