import Detection
import Interpreter
import ONNXGraph
import Surgery
import Tensors
import TestSupport
import Testing
import Verification

/// Graphs that end in NVIDIA's NMS plugins: what goes into the plugin is what the original gives.
struct SuppressionPatchTests {
  private static let size: [Int] = [1, 3, 64, 96]

  /// What a patched graph feeds its plugin.
  private func pluginInputs(_ patched: Model, _ image: Tensor) throws -> [Tensor] {
    let node = try #require(patched.graph.nodes.last)
    var fed = patched
    fed.graph = try patched.graph.applying(
      .cut(inputs: ["images"], outputs: node.inputs))
    let run = try ModelRun(fed, inputs: ["images": image])
    return run.outputs.map(\.tensor)
  }

  /// Corners and products, row by row, in plain loops.
  private func expected(_ rows: Tensor, classCount: Int) -> (boxes: [Float], scores: [Float]) {
    let values = rows.elements(of: Float.self)
    let width = rows.shape[2]
    var (boxes, scores) = ([Float](), [Float]())
    for row in stride(from: 0, to: values.count, by: width) {
      let (halfWidth, halfHeight) = (values[row + 2] * 0.5, values[row + 3] * 0.5)
      boxes += [
        values[row] - halfWidth, values[row + 1] - halfHeight, values[row] + halfWidth,
        values[row + 1] + halfHeight,
      ]
      scores += (0..<classCount).map { values[row + 5 + $0] * values[row + 4] }
    }
    return (boxes, scores)
  }

  static let targets: [(PatchTarget, String, [Int])] = [
    (.batchednms, "BatchedNMSDynamic_TRT", [1, 378, 1, 4]),
    (.efficientnms, "EfficientNMS_TRT", [1, 378, 4]),
  ]

  @Test(arguments: targets.indices, [12, 13])
  func whatThePluginIsFed(_ index: Int, opset: Int) throws {
    let (target, type, shape) = Self.targets[index]
    // Split has its sizes as an input from opset 13 on.
    var original = TinyDetector.original()
    original.opsets[""] = opset
    if opset == 13 {
      for index in original.graph.nodes.indices
      where original.graph.nodes[index].operatorType == "Split" {
        let sizes = original.graph.nodes[index].attributes.removeValue(forKey: "split")
        guard case .ints(let values) = sizes else { continue }
        original.graph.nodes[index].inputs.append("split sizes")
        original.graph.initializers["split sizes"] = Tensor(values)
      }
    }
    let patched = try Patch(original, PatchOptions(target)).model
    let node = try #require(patched.graph.nodes.last)
    #expect(node.operatorType == type)
    #expect(node.domain.isEmpty)
    let image = TinyDetector.noise()
    let fed = try pluginInputs(patched, image)
    #expect(fed[0].shape.dimensions == shape)
    #expect(fed[1].shape == [1, 378, 4])
    let rows = try ModelRun(original, inputs: ["images": image]).outputs[0].tensor
    let (boxes, scores) = expected(rows, classCount: 4)
    #expect(fed[0].elements(of: Float.self) == boxes)
    #expect(fed[1].elements(of: Float.self) == scores)
    #expect(patched.graph.outputs.allSatisfy { $0.elementType != nil && $0.dimensions != nil })
    #expect(patched.metadata == original.metadata)
  }

  @Test func attributesAreNVIDIAs() throws {
    let batched = try Patch(TinyDetector.original(), PatchOptions(.batchednms)).model
    #expect(
      batched.graph.nodes.last?.attributes == [
        "shareLocation": .int(1), "backgroundLabelId": .int(-1), "scoreThreshold": .float(0.001),
        "iouThreshold": .float(0.65), "topK": .int(600), "keepTopK": .int(300),
        "numClasses": .int(4), "clipBoxes": .int(0), "isNormalized": .int(0),
        "scoreBits": .int(16),
      ])
    #expect(
      batched.graph.outputs.map(\.name) == [
        "BatchedNMS", "BatchedNMS_1", "BatchedNMS_2", "BatchedNMS_3",
      ])
    var options = PatchOptions(.efficientnms)
    options.scoreThreshold = 0.1
    options.keepTopK = 7
    let efficient = try Patch(TinyDetector.original(), options).model
    let attributes = try #require(efficient.graph.nodes.last?.attributes)
    #expect(attributes["score_threshold"] == .float(0.1))
    #expect(attributes["max_output_boxes"] == .int(7))
    #expect(efficient.graph.outputs[1].dimensions == [1, 7, 4].map { .fixed($0) })
  }

  /// A decode is made for heads that have none: it gives the boxes the original's own gives.
  @Test(arguments: [false, true])
  func bareHeads(sigmoid: Bool) throws {
    var options = PatchOptions(.efficientnms)
    options.anchors = TinyDetector.anchors.flatMap { $0 }
    let patched = try Patch(TinyDetector.heads(sigmoid: sigmoid), options).model
    let image = TinyDetector.noise()
    let fed = try pluginInputs(patched, image)
    let rows = try ModelRun(TinyDetector.original(), inputs: ["images": image]).outputs[0].tensor
    let (boxes, scores) = expected(rows, classCount: 4)
    for (found, wanted) in zip(fed, [boxes, scores]) {
      let pairs = zip(found.elements(of: Float.self), wanted)
      #expect(pairs.allSatisfy { abs($0 - $1) <= 1e-4 * max(1, abs($1)) })
    }
    options.anchors = nil
    let heads = TinyDetector.heads(sigmoid: sigmoid)
    #expect(throws: SurgeryError.self) { try Patch(heads, options) }
  }

  @Test(arguments: [[8, 16], [8, 16, 32, 64]])
  func otherHeadCounts(_ strides: [Int]) throws {
    var detector = RandomDetector(seed: 4, family: strides)
    let model = detector.model()
    let patched = try Patch(model, PatchOptions(.batchednms)).model
    var generator = SeededGenerator(seed: 8)
    let image = generator.tensor([1, 3, detector.size.height, detector.size.width], in: 0...1)
    let fed = try pluginInputs(patched, image)
    let rows = try ModelRun(model, inputs: ["images": image]).outputs[0].tensor
    #expect(
      fed[0].elements(of: Float.self) == expected(rows, classCount: detector.classCount).boxes)
  }

  @Test(arguments: [PatchTarget.batchednms, .efficientnms])
  func patchedGraphsPassTheChecks(_ target: PatchTarget) throws {
    let original = TinyDetector.original()
    let patched = try Patch(original, PatchOptions(target)).model
    #expect(check(CheckSubject(patched, original: original)).isEmpty)
  }
}
