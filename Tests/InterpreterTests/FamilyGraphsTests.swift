import Foundation
import Interpreter
import ONNXGraph
import Tensors
import TestSupport
import Testing

/// The wider family of detectors against ONNX Runtime 1.32 at default options, whose outputs stand
/// beside each graph.
@Suite(RealModels.condition)
struct FamilyGraphsTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    /// Of `max(1, |value|)`.
    var tolerance = 3e-4
    var testDescription: String { name }
  }

  static let rows = [
    Row(name: "y5act_frelu_op12"), Row(name: "y5act_hswish_op13"), Row(name: "y5act_mish_op12"),
    Row(name: "y5act_prelu_op12"),
    // ONNX Runtime leaves out the casts of this graph and computes most of it in float32; here every
    // result is rounded to float16 as the graph says, 2^-11 of its magnitude each time.
    Row(name: "y5n_fp16_keepio", tolerance: 3e-2),
    Row(name: "y5n_v60_op12_inplace"), Row(name: "y5old_v31_t171_raw"),
    Row(name: "y5old_v50_t20_grid"), Row(name: "y5v_bifpn_320x512"), Row(name: "y5v_c3tr_op12"),
    Row(name: "y5v_ghost"), Row(name: "y5v_n6_op12"), Row(name: "y5v_seg_op12"),
    Row(name: "y5v_v3tiny_op12_dyn"), Row(name: "y8w125_op12_dyn"),
  ]

  @Test(arguments: rows) func `agrees with ONNX Runtime`(_ row: Row) throws {
    let model = try RealModels.model("graphs/\(row.name)/model.onnx")
    try compare(model, row, tolerance: row.tolerance)
  }

  /// What is left is ONNX Runtime's own rounding.
  @Test(arguments: rows) func `agrees with ONNX Runtime in float64`(_ row: Row) throws {
    let model = try RealModels.model("graphs/\(row.name)/model.onnx").inFloat64()
    try compare(model, row, tolerance: row.tolerance)
  }

  private func compare(_ model: Model, _ row: Row, tolerance: Double) throws {
    var compared = 0
    for index in 0... {
      let input = RealModels.path("graphs/\(row.name)/in_\(index).npy")
      guard FileManager.default.fileExists(atPath: input) else { break }
      let tensor = try Tensor(npyFile: input)
      let name = model.graph.inputs[0].name
      let resolved = try ResolvedGraph(
        model, inputs: [name: .init(tensor.elementType, tensor.shape)])
      let outputs = try Plan(resolved).run([name: tensor])
      for (name, output) in outputs {
        let file = String(
          name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        let expected = try Tensor(
          npyFile: RealModels.path("graphs/\(row.name)/out_\(index)_\(file).npy"))
        #expect(output.shape == expected.shape)
        let error = largestError(output, expected)
        #expect(error <= tolerance, "\(name): \(error)")
        compared += 1
      }
    }
    #expect(compared > 0)
  }

  /// Quantised graphs: sums of integers are exact, and what is left is that of scales.
  @Test(arguments: [
    Row(name: "q_qdq_trt", tolerance: 1e-3), Row(name: "q_qdq_u8s8", tolerance: 1e-3),
    Row(name: "q_qop_conv", tolerance: 1e-3), Row(name: "y5n_int8_qdq", tolerance: 1e-3),
    Row(name: "q_dynamic", tolerance: 1e-2),
  ]) func `quantised graphs agree with ONNX Runtime`(_ row: Row) throws {
    let model = try RealModels.model("graphs/\(row.name)/model.onnx")
    #expect(model.missingOperators().isEmpty)
    try compare(model, row, tolerance: row.tolerance)
  }
}

/// The largest difference, relative to magnitudes above 1; infinite where only one side is NaN.
func largestError(_ found: Tensor, _ expected: Tensor) -> Double {
  zip(found.doubles, expected.doubles).reduce(0) { worst, pair in
    let (a, b) = pair
    guard !(a.isNaN && b.isNaN), a != b else { return worst }
    let error = abs(a - b) / max(1, abs(b))
    return error.isNaN ? .infinity : max(worst, error)
  }
}

extension Tensor {
  /// The elements of a tensor of float32 or float64.
  fileprivate var doubles: [Double] {
    elementType == .float64
      ? elements() : withElements(of: Float.self) { $0.map { Double($0) } }
  }
}
