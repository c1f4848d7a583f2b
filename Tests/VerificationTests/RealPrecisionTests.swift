import Foundation
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// YOLOv5n on photographs: float32 and fp16 beside what ONNX Runtime makes of them.
@Suite(RealModels.condition)
struct RealPrecisionTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let photograph: String
    /// The largest change of a score when ONNX Runtime 1.32 runs the graph as onnxconverter-common
    /// 1.16 converts it to float16, measured with `Scripts/precision.sh`.
    let halfScoreChange: Double
    let detections: Int
    var testDescription: String { photograph }
  }

  static let rows = [
    Row(photograph: "bus", halfScoreChange: 8.1e-3, detections: 4),
    Row(photograph: "car", halfScoreChange: 8.9e-3, detections: 2),
  ]

  @Test(arguments: rows) func `the noise floor holds ONNX Runtime`(_ row: Row) throws {
    let original = RealModels.path("models/yolov5n_original.onnx")
    let photograph = RealModels.path("images/\(row.photograph).jpg")
    var options = ComparisonOptions()
    options.comparesInFloat64 = true
    options.simulation = Simulation(.fp16)
    let report = try compare(
      original: original, patched: RealModels.path("models/yolov5n_yololayer.onnx"),
      images: [photograph], options: options)
    let image = try #require(report.images.first)
    let cells = try #require(image.precision?.cells)
    let (box, score) = try distanceToONNXRuntime(original, row.photograph, photograph)
    #expect((0.1...4).contains(box / cells.noiseFloor.maxBoxErrorPx.value), "\(box)")
    #expect((0.1...4).contains(score / cells.noiseFloor.maxScoreError.value), "\(score)")
    #expect(cells.exactDifference.maxBoxErrorPx.value < 1e-10)

    let simulation = try #require(image.simulation)
    let change = try #require(simulation.cells).maxScoreError.value
    #expect((0.5...2).contains(change / row.halfScoreChange), "\(change)")
    let detections = try #require(simulation.detections)
    #expect(detections.before == row.detections)
    #expect(detections.matched == row.detections && detections.new == 0)
  }

  /// The largest distance of the rows' boxes and scores from those the goldens hold.
  private func distanceToONNXRuntime(
    _ path: String, _ name: String, _ photograph: String
  ) throws -> (box: Double, score: Double) {
    let model = try Model(contentsOfFile: path)
    let tensor = try imageTensor(photograph, for: "images", of: model, path: path)
    let values = try ModelRun(model, inputs: ["images": tensor]).outputs[0].tensor
      .elements(of: Float.self)
    let golden = try TensorArchive(
      contentsOfFile: RealModels.path("goldens/yolov5n_\(name)_640x640.npz"))
    let rows = try #require(golden["original_rows"]).elements(of: Int32.self)
    let expected = try #require(golden["original_values"]).elements(of: Float.self)
    var (box, score) = (0.0, 0.0)
    for (index, row) in rows.enumerated() {
      for column in 0..<85 {
        let error = abs(Double(values[Int(row) * 85 + column] - expected[index * 85 + column]))
        if column < 4 { box = max(box, error) } else { score = max(score, error) }
      }
    }
    return (box, score)
  }

  @Test func `a changed weight of the real network is named`() throws {
    let path = RealModels.path("models/yolov5n_original.onnx")
    let original = try Model(contentsOfFile: path)
    var patched = original
    let node = original.graph.nodes.filter { $0.operatorType == "Conv" }[20]
    patched.editWeights(node.inputs[1]) { $0[7] += 0.01 }
    let report = try compareLayers(
      Pair(
        original: LoadedModel(path: path, model: original),
        patched: LoadedModel(path: "patched.onnx", model: patched)),
      on: .file(RealModels.path("images/bus.jpg")))
    #expect(report.first?.node == node.title)
    #expect(report.ranked.map(\.node) == [node.title])
  }
}
