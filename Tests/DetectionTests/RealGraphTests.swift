import BoxMath
import Detection
import Foundation
import Interpreter
import ONNXGraph
import Tensors
import TestSupport
import Testing

@Suite(RealModels.condition)
struct RealGraphTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var path: String
    var input: Shape
    var form: Form
    var classCount: Int?
    /// What the graph decodes with, finest scale first; `nil` where it does not tell.
    var strides: [Double]?
    var anchors: [[Float]] = []
    var oneSided = 0

    var testDescription: String { "\(path) \(input)" }
  }

  static let anchors: [[Float]] = [
    [10, 13, 16, 30, 33, 23], [30, 61, 62, 45, 59, 119], [116, 90, 156, 198, 373, 326],
  ]

  /// A detector of the usual three scales and nine anchors.
  static func usual(
    _ path: String, _ input: Shape, _ form: Form, classes: Int = 80, oneSided: Int = 0
  ) -> Case {
    Case(
      path: path, input: input, form: form, classCount: classes, strides: [8, 16, 32],
      anchors: anchors, oneSided: oneSided)
  }

  static let cases = [
    usual("models/yolov5n_original", [1, 3, 640, 640], .yolov5Decoded),
    usual("models/yolov5n_original_simplified", [1, 3, 640, 640], .yolov5Decoded),
    usual("models/yolov5n_original_dynamic", [1, 3, 384, 640], .yolov5Decoded),
    usual("models/yolov5n_original_dynamic", [2, 3, 64, 96], .yolov5Decoded),
    usual("models/yolov5n_yololayer", [1, 3, 640, 640], .yoloLayerPlugin),
    usual("models/yolov5n_yololayer_dynamic", [2, 3, 384, 640], .yoloLayerPlugin),
    Case(
      path: "models/yolov5n_heads_dynamic", input: [1, 3, 384, 640], form: .headsSigmoid,
      classCount: 80),
    usual("graphs/y5act_frelu_op12/model", [1, 3, 128, 160], .yolov5Decoded, classes: 4),
    usual("graphs/y5act_hswish_op13/model", [1, 3, 128, 160], .yolov5Decoded, classes: 4),
    usual("graphs/y5act_mish_op12/model", [1, 3, 128, 160], .yolov5Decoded, classes: 4),
    usual("graphs/y5act_prelu_op12/model", [1, 3, 128, 160], .yolov5Decoded, classes: 4),
    usual("graphs/y5n_fp16_keepio/model", [1, 3, 320, 320], .yolov5Decoded),
    usual("graphs/y5n_v60_op12_inplace/model", [1, 3, 320, 320], .yolov5Decoded, oneSided: 3),
    usual("graphs/y5old_v50_t20_grid/model", [1, 3, 256, 320], .yolov5Decoded, oneSided: 3),
    usual("graphs/y5v_bifpn_320x512/model", [1, 3, 320, 512], .yolov5Decoded),
    usual("graphs/y5v_c3tr_op12/model", [1, 3, 256, 320], .yolov5Decoded),
    usual("graphs/y5v_ghost/model", [1, 3, 256, 320], .yolov5Decoded),
    usual("graphs/y5v_seg_op12/model", [1, 3, 256, 320], .yolov5Decoded, oneSided: 1),
    Case(
      path: "graphs/y5v_n6_op12/model", input: [1, 3, 320, 320], form: .yolov5Decoded,
      classCount: 80, strides: [8, 16, 32, 64],
      anchors: [
        [19, 27, 44, 40, 38, 94], [96, 68, 86, 152, 180, 137], [140, 301, 303, 264, 238, 542],
        [436, 615, 739, 380, 925, 792],
      ]),
    Case(
      path: "graphs/y5v_v3tiny_op12_dyn/model", input: [1, 3, 96, 160], form: .yolov5Decoded,
      classCount: 80, strides: [16, 32],
      anchors: [[10, 14, 23, 27, 37, 58], [81, 82, 135, 169, 344, 319]]),
    Case(
      path: "graphs/y5old_v31_t171_raw/model", input: [1, 3, 256, 256], form: .headsLogit,
      classCount: 80),
    Case(
      path: "graphs/y8w125_op12_dyn/model", input: [1, 3, 320, 320], form: .yolov8Decoded,
      classCount: 80),
  ]

  @Test("real graphs are recognised and their decode is recovered", arguments: cases)
  func recognizes(_ row: Case) throws {
    let model = try RealModels.model("\(row.path).onnx")
    let resolved = try ResolvedGraph(model, inputs: ["images": .init(.float32, row.input)])
    let lookup: TensorLookup = { name in
      resolved.description(of: name).map { TensorDescription($0.elementType, $0.shape) }
    }
    let ending = Ending.recognize(model.graph, metadata: model.metadata, lookup: lookup)
    #expect(ending.form == row.form && ending.classCount == row.classCount)
    #expect(ending.oneSidedOutputs.count == row.oneSided, "\(ending.oneSidedOutputs)")
    #expect(ending.differences.isEmpty, "\(ending.differences)")
    let probe = try Probe(model.graph, ending, lookup: lookup)
    #expect((probe != nil) == [.yolov5Decoded, .yolov8Decoded].contains(row.form))
    let geometry = try #require(try probe.map { try run($0, of: model) } ?? ending.geometry)
    #expect(geometry.notes.isEmpty && geometry.rowOfCell == nil, "\(geometry.notes)")
    #expect(geometry.scales?.map(\.strideX) == row.strides)
    #expect(geometry.scales?.map(\.strideY) == row.strides)
    let anchors = geometry.scales?.map { $0.anchors.flatMap { [$0.width, $0.height] } }
    #expect(anchors ?? [] == row.anchors)
  }

  private func run(_ probe: Probe, of model: Model) throws -> DecodeGeometry {
    var part = model
    part.graph = probe.graph
    let inputs = probe.runs[0].mapValues {
      ResolvedGraph.Description($0.elementType, $0.shape)
    }
    let plan = try Plan(ResolvedGraph(part, inputs: inputs))
    return probe.geometry(from: try probe.runs.map { try plan.run($0, threads: 1) })
  }

  @Test("the other patch ends in batched suppression")
  func batchedSuppression() throws {
    let model = try RealModels.model("models/yolov5n_batchednms_dynamic.onnx")
    let ending = Ending.recognize(model.graph, metadata: model.metadata) { _ in nil }
    #expect(ending.form == .batchedNMSPlugin)
  }
}
