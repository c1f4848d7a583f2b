import ONNXGraph
import Tensors
import Testing
import Verification

/// Faults that stand where head maps do not lead: behind plugins, in ends that no head maps are known
/// of, and rewrites across the last convolutions.
struct StressReachTests {
  static let behindPlugins: [ModelEdit] = [
    ModelEdit("at most 300 rows") { model in
      model.insert(
        "Min", behind: "DecodeNumDetection", constants: [Tensor(scalar: Int32(300))])
    },
    ModelEdit("at least 5 rows") { model in
      model.insert("Max", behind: "DecodeNumDetection", constants: [Tensor(scalar: Int32(5))])
    },
    ModelEdit("no scores from row 200 on") { model in
      model.insert(
        "Mul", behind: "DecodeDetectionScores",
        constants: [Tensor((0..<378).map { Float($0 < 200 ? 1 : 0) }, shape: [1, 378])])
    },
  ]

  @Test(arguments: behindPlugins) func countsDiffer(_ fault: ModelEdit) throws {
    let report = try TinyDetector.compare(fault(TinyDetector.plugin()))
    #expect(report.verdict == .different, "\(report.text)")
    #expect(report.reasons.allSatisfy { $0.hasPrefix("stress: ") })
  }

  static let behindNMS: [ModelEdit] = [
    ModelEdit("rows from 50 on moved") { model in
      model.insert(
        "Add", behind: "det_boxes",
        constants: [Tensor((0..<100).map { Float($0 < 50 ? 0 : 100) }, shape: [1, 100, 1])])
    },
    ModelEdit("scores cut at 0.99") { model in
      model.insert("Min", behind: "det_scores", constants: [Tensor(scalar: Float(0.99))])
    },
    ModelEdit("boxes cut outside the image") { model in
      model.insert(
        "Clip", behind: "det_boxes",
        constants: [Tensor(scalar: Float(-20)), Tensor(scalar: Float(116))])
    },
  ]

  @Test(arguments: behindNMS) func rowsOfNMSDiffer(_ fault: ModelEdit) throws {
    var options = ComparisonOptions()
    options.confidence = 0.5
    let report = try TinyDetector.compare(fault(TinyDetector.efficientNMS()), options: options)
    #expect(report.verdict == .different, "\(report.text)")
  }

  static let moves: [ModelEdit] = [
    ModelEdit("an identity") { $0.insert("Identity", behind: "DecodeDetectionBoxes") },
    ModelEdit("a clip that no score reaches") { model in
      model.insert(
        "Clip", behind: "DecodeDetectionScores",
        constants: [Tensor(scalar: Float(0)), Tensor(scalar: Float(1))])
    },
  ]

  @Test(arguments: moves) func whatKeepsTheRowsIsNoDifference(_ rewrite: ModelEdit) throws {
    let report = try TinyDetector.compare(rewrite(TinyDetector.plugin()))
    #expect(report.verdict == .equivalent, "\(report.text)")
  }

  /// The bias of each head as an Add, its weights negated, its channels permuted.
  static let headRewrites: [ModelEdit] = [
    ModelEdit("bias as Add") { model in
      for scale in 0..<3 {
        guard let bias = model.graph.initializers["head\(scale).bias"] else { continue }
        model.edit("head\(scale).conv") { $0.inputs.removeLast() }
        model.insert(
          "Add", behind: "head\(scale).conv",
          constants: [Tensor(bias.elements(of: Float.self), shape: [1, 27, 1, 1])])
      }
    },
    ModelEdit("negated") { model in
      for scale in 0..<3 {
        for part in ["weight", "bias"] {
          model.editWeights("head\(scale).\(part)") { $0 = $0.map { -$0 } }
        }
        model.insert("Neg", behind: "head\(scale).conv")
      }
    },
    ModelEdit("halved") { model in
      for scale in 0..<3 {
        for part in ["weight", "bias"] {
          model.editWeights("head\(scale).\(part)") { $0 = $0.map { $0 / 2 } }
        }
        model.insert(
          "Mul", behind: "head\(scale).conv", constants: [Tensor(scalar: Float(2))])
      }
    },
  ]

  @Test(arguments: headRewrites) func endsAreCutWhereTheyAgree(_ rewrite: ModelEdit) throws {
    let report = try TinyDetector.compare(rewrite(TinyDetector.plugin()))
    #expect(report.verdict == .equivalent, "\(report.text)")
    #expect(report.stress?.heads == .matched && report.stress?.different == 0)
    var wrong = rewrite(TinyDetector.plugin())
    wrong.insert(
      "Clip", behind: "p4", constants: [Tensor(scalar: Float(1e-3)), Tensor(scalar: Float(0.999))])
    let different = try TinyDetector.compare(wrong)
    #expect(different.verdict == .different, "\(different.text)")
  }

  @Test func endsWithoutHeadMapsAreStressed() throws {
    let right = try TinyDetector.compare(TinyDetector.heads(), with: TinyDetector.heads())
    #expect(right.verdict == .equivalent && right.stress == nil)
    var patched = TinyDetector.heads()
    patched.insert(
      "Clip", behind: "p4",
      constants: [Tensor(scalar: Float(1e-4)), Tensor(scalar: Float(0.9999))])
    let report = try TinyDetector.compare(patched, with: TinyDetector.heads())
    #expect(report.verdict == .different, "\(report.text)")
    #expect(report.stress?.heads == .shared)
  }
}
