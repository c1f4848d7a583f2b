import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// NVIDIA's patch that ends in BatchedNMS, and EfficientNMS behind the original, on the photographs.
@Suite(RealModels.condition)
struct RealNMSTests {
  static let others = ["original_dynamic", "heads_dynamic", "yololayer_dynamic"]
  static let sizes: [InputSize?] = [nil, .rectangular, .fixed(height: 384, width: 640)]

  private func model(_ name: String) throws -> LoadedModel {
    LoadedModel(
      path: name, model: try Model(contentsOfFile: RealModels.path("models/yolov5n_\(name).onnx")))
  }

  private func report(
    _ original: LoadedModel, _ patched: LoadedModel, _ images: [ImageSource], _ size: InputSize?
  ) throws -> Report {
    var options = ComparisonOptions()
    options.inputSize = size
    return try compareModels(
      Pair(original: original, patched: patched), images: images, options: options)
  }

  private static let photographs = ["bus", "car"].map {
    ImageSource.file(RealModels.path("images/\($0).jpg"))
  }

  @Test(arguments: others)
  func batched(_ other: String) throws {
    let models = try (model(other), model("batchednms_dynamic"))
    for size in Self.sizes {
      let report = try report(models.0, models.1, Self.photographs, size)
      #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
      for image in report.images {
        #expect(image.cells?.different == 0 && (image.cells?.maxScoreError.value ?? 1) <= 1e-6)
        let detections = try #require(image.detections)
        #expect(detections.matched > 0 && detections.matched == detections.patched.count)
      }
    }
  }

  @Test func staticOriginalAndExchangedSides() throws {
    let batched = try model("batchednms_dynamic")
    for original in ["original", "yololayer"] {
      let original = try model(original)
      #expect(try report(original, batched, Self.photographs, nil).verdict == .equivalent)
      #expect(try report(batched, original, Self.photographs, nil).verdict == .equivalent)
    }
    #expect(try report(batched, batched, Self.photographs, nil).verdict == .equivalent)
  }

  @Test func batchOfTwo() throws {
    var generator = SeededGenerator(seed: 2)
    let pictures = generator.tensor([2, 3, 320, 320], in: 0...1)
    for other in Self.others {
      let report = try report(
        model(other), model("batchednms_dynamic"), [.tensor(pictures, name: "noise")], nil)
      #expect(report.verdict == .equivalent && report.images.count == 2, "\(report.text)")
    }
  }

  @Test func efficientBehindTheOriginal() throws {
    let original = try model("original_dynamic")
    var graph = original.model
    graph.appendEfficientNMS()
    let patched = LoadedModel(path: "efficientnms", model: graph)
    for other in [original, try model("yololayer_dynamic"), try model("batchednms_dynamic")] {
      let report = try report(other, patched, Self.photographs, .rectangular)
      #expect(report.verdict == .equivalent, "\(report.text)")
      #expect(report.patched.form == "efficientnms-plugin")
    }
  }
}

extension Model {
  /// Centres, sizes and products of `output`, given to the plugin as YOLOv5 and YOLOv7 exports do.
  fileprivate mutating func appendEfficientNMS() {
    addColumns(0..<4, of: "output", "xywh")
    addColumns(4..<5, of: "output", "objectness")
    addColumns(5..<85, of: "output", "classes")
    add("Mul", ["classes", "objectness"], "products")
    append(
      "EfficientNMS_TRT", ["xywh", "products"],
      outputs: ["num_dets", "det_boxes", "det_scores", "det_classes"],
      [
        "score_threshold": .float(0.25), "iou_threshold": .float(0.65),
        "max_output_boxes": .int(100), "background_class": .int(-1), "score_activation": .int(0),
        "box_coding": .int(1), "plugin_version": .string("1"),
      ])
  }
}
