import Detection
import Images
import Interpreter
import ONNXGraph
import Tensors
import TestSupport
import Testing

/// The real YOLOv5n: against ONNX Runtime's rows, over batches and threads.
@Suite(RealModels.condition)
struct RealRunTests {
  private func run(
    _ model: Model, _ input: Tensor, observing: [String]? = nil, threads: Int = 2
  ) throws -> [String: Tensor] {
    let name = model.graph.inputs[0].name
    let resolved = try ResolvedGraph(
      model, inputs: [name: .init(input.elementType, input.shape)], observing: observing ?? [])
    return try Plan(resolved, observing: observing).run([name: input], threads: threads)
  }

  @Test(
    arguments: ["yolov5n_original", "yolov5n_original_dynamic", "yolov5n_original_simplified"],
    [("bus", "640x640"), ("bus", "auto640"), ("car", "640x640")])
  func `rows are ONNX Runtime's`(model: String, image: (name: String, size: String)) throws {
    guard image.size == "640x640" || model.hasSuffix("dynamic") else { return }
    let input = try RealModels.prepared(image.name, size: image.size)
    let output = try run(RealModels.model("models/\(model).onnx"), input).values.first!
    let golden = try TensorArchive(
      contentsOfFile: RealModels.path("goldens/yolov5n_\(image.name)_\(image.size).npz")
    ).entries
    let rows = golden.first { $0.name == "original_rows" }!.tensor.elements(of: Int32.self)
    let expected = golden.first { $0.name == "original_values" }!.tensor.elements(of: Float.self)
    var (boxError, scoreError): (Float, Float) = (0, 0)
    output.withElements(of: Float.self) { values in
      for (index, row) in rows.enumerated() {
        for column in 0..<85 {
          let error = abs(values[Int(row) * 85 + column] - expected[index * 85 + column])
          if column < 4 {
            boxError = max(boxError, error)
          } else {
            scoreError = max(scoreError, error)
          }
        }
      }
    }
    #expect(boxError <= 0.01)
    #expect(scoreError <= 5e-6)
    #expect(rows.count > 20)
  }

  @Test func `an image of a batch has the bits it has alone`() throws {
    let images = try ["bus", "car"].map { try RealModels.prepared($0, size: "384x640") }
    let batch = Tensor(
      images.flatMap { $0.elements(of: Float.self) }, shape: [2, 3, 384, 640])
    for name in ["yolov5n_original_dynamic", "yolov5n_heads_dynamic", "yolov5n_yololayer_dynamic"] {
      let model = try RealModels.model("models/\(name).onnx")
      let together = try run(model, batch)
      for (index, image) in images.enumerated() {
        for (output, tensor) in try run(model, image) {
          let both = together[output]!
          let half = both.byteCount / 2
          let same = both.withUnsafeBytes { both in
            tensor.withUnsafeBytes { both[index * half..<(index + 1) * half].elementsEqual($0) }
          }
          #expect(same, "\(name) \(output) of image \(index)")
        }
      }
    }
  }

  @Test func `bits depend neither on threads nor on what is observed`() throws {
    let model = try RealModels.model("models/yolov5n_original.onnx")
    let input = try RealModels.prepared("bus", size: "640x640")
    let reference = try run(model, input, threads: 1)
    #expect(try run(model, input, threads: 3) == reference)
    let everything = model.graph.nodes.flatMap(\.outputs).filter { !$0.isEmpty }
    let observed = try run(model, input, observing: everything)
    #expect(observed["output"] == reference["output"])
  }
}
