import Foundation
import Interpreter
import ONNXGraph
import Surgery
import Tensors
import TestSupport
import Testing
import Verification

/// Every real graph that runs is simplified, proven, and gives what ONNX Runtime gave for it.
@Suite(RealModels.condition)
struct RealSimplificationTests {
  /// Nodes that are left, Constant nodes not counted; onnxsim 0.8.1 leaves 236 of the originals, 323
  /// of the dynamic one.
  static let exports = [
    ("original", 236), ("original_simplified", 236), ("original_dynamic", 323),
  ]

  @Test(arguments: exports)
  func originals(_ name: String, _ most: Int) throws {
    let model = try Model(contentsOfFile: RealModels.path("models/yolov5n_\(name).onnx"))
    let simplified = try Simplification(model)
    #expect(simplified.nodeCounts.after <= most)
    #expect(simplified.model.graph.inputs == model.graph.inputs)
    #expect(simplified.model.graph.outputs == model.graph.outputs)
    let proof = try SimplificationProof(model, simplified.model, tolerance: 0)
    #expect(proof.cases.count == (name.hasSuffix("dynamic") ? 3 : 1))
  }

  @Test(arguments: ["yololayer", "yololayer_dynamic", "heads_dynamic"])
  func patches(_ name: String) throws {
    let model = try Model(contentsOfFile: RealModels.path("models/yolov5n_\(name).onnx"))
    let simplified = try Simplification(model)
    _ = try SimplificationProof(model, simplified.model, tolerance: 0)
  }

  static let graphs = [
    "y5act_frelu_op12", "y5act_hswish_op13", "y5act_mish_op12", "y5act_prelu_op12",
    "y5n_fp16_keepio", "y5n_v60_op12_inplace", "y5old_v31_t171_raw", "y5old_v50_t20_grid",
    "y5v_bifpn_320x512", "y5v_c3tr_op12", "y5v_ghost", "y5v_n6_op12", "y5v_seg_op12",
    "y5v_v3tiny_op12_dyn", "y8w125_op12_dyn",
  ]

  @Test(arguments: graphs)
  func family(_ name: String) throws {
    let folder = RealModels.path("graphs/\(name)")
    let model = try Model(contentsOfFile: "\(folder)/model.onnx")
    let simplified = try Simplification(model)
    _ = try SimplificationProof(
      model, simplified.model, tolerance: simplified.changesRounding ? 1e-4 : 0)
    let input = try Tensor(npyFile: "\(folder)/in_0.npy")
    let run = try ModelRun(simplified.model, inputs: [model.graph.inputs[0].name: input])
    for (name, tensor) in run.outputs {
      let file = String(name.map { $0.isLetter || $0.isNumber ? $0 : "_" })
      let expected = try Tensor(npyFile: "\(folder)/out_0_\(file).npy")
      #expect(tensor.shape == expected.shape)
      let pairs = zip(tensor.elements(of: Float.self), expected.elements(of: Float.self))
      let magnitude = expected.elements(of: Float.self).reduce(1) { max($0, abs($1)) }
      let error = pairs.reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      // float16 graphs round every result, which ONNX Runtime does not.
      #expect(error <= (folder.contains("fp16") ? 3e-2 : 3e-4) * magnitude)
    }
  }
}
