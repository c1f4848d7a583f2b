import Detection
import Dumps
import Foundation
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// Dumps of graphs that do not end in the plugin, and of the real one.
struct DumpFormTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let form: Form
    let model: Model
    /// An element to change, by the output's name.
    let output: String

    var testDescription: String { form.rawValue }
  }

  static let rows = [
    Row(form: .yolov5Decoded, model: TinyDetector.original(), output: "output"),
    Row(form: .headsSigmoid, model: TinyDetector.heads(), output: "p4"),
    Row(form: .headsLogit, model: TinyDetector.heads(sigmoid: false), output: "head1.conv"),
  ]

  @Test(arguments: rows, EngineDump.Format.allCases)
  func allOutputsAreCompared(_ row: Row, _ format: EngineDump.Format) throws {
    let folder = try TemporaryFolder()
    let model = try folder.write(row.model, as: "model.onnx")
    let image = try folder.write(TinyDetector.noise(), as: "noise.npy")
    let run = try ModelRun(row.model, inputs: ["images": TinyDetector.noise()])
    var archive = TensorArchive(
      run.outputs.reversed().map { TensorArchive.Entry(name: $0.name, tensor: $0.tensor) })
    func report() throws -> Report {
      try compareDump(model: model, image: image, dump: archive.write(as: format, in: folder))
    }
    let right = try report()
    #expect(right.verdict == .equivalent, "\(right.text)\(right.failures)")
    #expect(right.original.form == row.form.rawValue)
    #expect(
      right.images[0].cells == nil
        ? row.form != .yolov5Decoded : right.images[0].cells!.compared == 378)

    let place = try #require(archive.entries.firstIndex { $0.name == row.output })
    var values = archive.entries[place].tensor.elements(of: Float.self)
    values[100] += 0.01
    let shape = archive.entries[place].tensor.shape
    archive.entries[place].tensor = Tensor(values, shape: shape)
    let wrong = try report()
    #expect(wrong.verdict == .different, "\(wrong.text)")
    values[100] = .nan
    archive.entries[place].tensor = Tensor(values, shape: shape)
    #expect(try report().verdict == .different)
  }

  /// The rows that NVIDIA's kernel made of ONNX Runtime's heads, as an engine would have dumped them.
  @Test(RealModels.condition, arguments: ["bus", "car"], EngineDump.Format.allCases)
  func theKernelsRowsAreEquivalent(image: String, format: EngineDump.Format) throws {
    let golden = try TensorArchive(
      contentsOfFile: RealModels.path("goldens/yolov5n_\(image)_640x640.npz"))
    let boxes = try #require(golden["kernel_boxes"]).elements(of: Float.self)
    let scores = try #require(golden["kernel_scores"]).elements(of: Float.self)
    let classes = try #require(golden["kernel_classes"]).elements(of: Int32.self)
    let origins = try #require(golden["kernel_origin"]).elements(of: Int32.self).map(Int.init)
    var dump = EngineDump(
      rows: scores.indices.map {
        EngineDump.Row(
          box: Array(boxes[4 * $0..<4 * $0 + 4]), score: scores[$0], classIndex: classes[$0])
      }, capacity: 25200)
    dump.garbage = 12.5
    let order = Array(scores.indices).reversed().map { $0 }
    dump.rows = order.map { dump.rows[$0] }

    let folder = try TemporaryFolder()
    func report() throws -> Report {
      try compareDump(
        model: RealModels.path("models/yolov5n_yololayer.onnx"),
        image: RealModels.path("images/\(image).jpg"), dump: dump.write(as: format, in: folder))
    }
    let right = try report()
    #expect(right.verdict == .equivalent, "\(right.text)\(right.failures)")
    #expect(right.images.first?.candidates?.matched == scores.count)
    #expect(right.images.first?.candidates?.findings.isEmpty == true)

    for row in [0, scores.count / 2, scores.count - 1] {
      let intact = dump
      dump.rows[row].box = dump.rows[row].box.map { $0 + 1 }
      let wrong = try report()
      dump = intact
      #expect(wrong.verdict == .different)
      let origin = Array(origins[4 * order[row]..<4 * order[row] + 4])
      let cell = Cell(scale: origin[0], anchor: origin[1], row: origin[2], column: origin[3])
      let findings = try #require(wrong.images.first?.candidates?.findings)
      #expect(findings.map(\.row) == [row], "\(wrong.text)")
      #expect(findings.map(\.cell) == [cell])
      #expect(abs(findings[0].boxErrorPx!.value - 1) < 0.02)
    }
  }
}
