import Detection
import ONNXGraph
import Surgery
import TestSupport
import Testing
import Verification

/// The real exports patched, and held against the originals and NVIDIA's own patched graphs.
@Suite(RealModels.condition)
struct RealPatchTests {
  static let originals = ["original", "original_dynamic", "original_simplified"]
  static let anchors: [Float] = [
    10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326,
  ]

  private func model(_ file: String) throws -> Model {
    try Model(contentsOfFile: RealModels.path(file))
  }

  private func expectEquivalent(
    _ original: Model, _ patched: Model, images: [ImageSource], size: InputSize? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var options = ComparisonOptions()
    options.inputSize = size
    let report = try compareModels(
      Pair(
        original: LoadedModel(path: "original", model: original),
        patched: LoadedModel(path: "patched", model: patched)), images: images, options: options)
    #expect(
      report.verdict == .equivalent, "\(report.text)\(report.failures)",
      sourceLocation: sourceLocation)
  }

  private let photographs = ["bus", "car"].map {
    ImageSource.file(RealModels.path("images/\($0).jpg"))
  }

  @Test(arguments: originals)
  func yololayer(_ name: String) throws {
    let original = try model("models/yolov5n_\(name).onnx")
    let patched = try Patch(original, PatchOptions(.yololayer)).model
    let node = try #require(patched.graph.nodes.last)
    let nvidia = try model("models/yolov5n_yololayer.onnx")
    #expect(node.attributes == nvidia.graph.node(named: "YoloLayer")?.attributes)
    #expect(node.attributes["anchors"] == .floats(Self.anchors))
    #expect(patched.metadata == original.metadata)
    try expectEquivalent(original, patched, images: photographs)
    try expectEquivalent(patched, nvidia, images: photographs)
  }

  @Test(
    arguments: [
      nil, .rectangular, .fixed(height: 384, width: 640), .fixed(height: 320, width: 256),
    ] as [InputSize?])
  func dynamicSizes(_ size: InputSize?) throws {
    let original = try model("models/yolov5n_original_dynamic.onnx")
    let patched = try Patch(original, PatchOptions(.yololayer)).model
    #expect(patched.graph.inputs == original.graph.inputs)
    try expectEquivalent(original, patched, images: photographs, size: size)
    try expectEquivalent(
      patched, try model("models/yolov5n_yololayer_dynamic.onnx"), images: photographs, size: size)
  }

  @Test func aBatchOfTwo() throws {
    let original = try model("models/yolov5n_original_dynamic.onnx")
    let patched = try Patch(original, PatchOptions(.yololayer)).model
    var generator = SeededGenerator(seed: 2)
    let pair = ImageSource.tensor(generator.tensor([2, 3, 320, 256], in: 0...1), name: "two")
    try expectEquivalent(original, patched, images: [pair])
  }

  /// Graphs of the wider family that `yololayer` can express, and what they are patched with.
  static let family = [
    "y5act_frelu_op12", "y5act_hswish_op13", "y5act_mish_op12", "y5act_prelu_op12",
    "y5n_fp16_keepio", "y5n_v60_op12_inplace", "y5old_v31_t171_raw", "y5old_v50_t20_grid",
    "y5v_bifpn_320x512", "y5v_c3tr_op12", "y5v_ghost",
  ]

  @Test(arguments: family)
  func otherExports(_ name: String) throws {
    let original = try model("graphs/\(name)/model.onnx")
    var options = PatchOptions(.yololayer)
    if name.hasSuffix("raw") { options.anchors = Self.anchors }
    let patched = try Patch(original, options).model
    #expect(patched.graph.nodes.last?.attributes["anchors"] == .floats(Self.anchors))
    let input = ImageSource.file(RealModels.path("graphs/\(name)/in_0.npy"))
    try expectEquivalent(original, patched, images: [input])
  }

  static let refusals = [
    ("y5v_n6_op12", "4 heads of 3, 3, 3, 3 anchors, but yololayer is compiled for 3 heads of 3"),
    ("y5v_v3tiny_op12_dyn", "2 heads of 3, 3 anchors, but yololayer is compiled for 3"),
    ("y5v_seg_op12", "32 channels beside box, objectness and 80 classes"),
    ("y5old_v31_t171_raw", "no decode to recover anchors from; give them with --anchors"),
    ("y8w125_op12_dyn", "ends in yolov8-decoded and shows no head maps"),
    ("y5n_int8_qdq", "the rows of the output cannot be traced to cells"),
    ("y10_op13", "ends in rows"),
  ]

  @Test(arguments: refusals)
  func refuses(_ name: String, _ expected: String) throws {
    let original = try model("graphs/\(name)/model.onnx")
    let error = #expect(throws: SurgeryError.self) {
      try Patch(original, PatchOptions(.yololayer))
    }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
  }
}
