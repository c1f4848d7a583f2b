import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

@Suite struct NMSPluginTests {
  /// The graph of one detector in some form.
  struct Graph: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var iouThreshold: Float?
    var model: @Sendable () -> Model

    init(_ title: String, iou: Float? = nil, model: @escaping @Sendable () -> Model) {
      testDescription = title
      iouThreshold = iou
      self.model = model
    }
  }

  static let plugins = [
    Graph("batched", iou: 0.65) { TinyDetector.batchedNMS() },
    Graph("batched, static", iou: 0.65) { TinyDetector.batchedNMS(type: "BatchedNMS_TRT") },
    Graph("efficient", iou: 0.45) { TinyDetector.efficientNMS() },
    Graph("efficient, centres", iou: 0.45) { TinyDetector.efficientNMS(["box_coding": .int(1)]) },
  ]

  static let graphs = [
    Graph("original") { TinyDetector.original() }, Graph("yololayer") { TinyDetector.plugin() },
    Graph("heads") { TinyDetector.heads() },
    Graph("boxes and scores") { TinyDetector.boxesAndScores() },
  ]

  @Test("every form agrees with both plugins", arguments: graphs + plugins, plugins)
  func everyForm(_ original: Graph, _ patched: Graph) throws {
    let report = try TinyDetector.compare(patched.model(), with: original.model())
    if let iou = original.iouThreshold, iou != patched.iouThreshold {
      #expect(report.verdict == .different && report.reasons.count == 1, "\(report.text)")
      #expect(report.reasons.first?.contains("IoU threshold differs") == true)
      return
    }
    #expect(report.verdict == .equivalent, "\(report.text)")
    let image = try #require(report.images.first)
    #expect(image.cells?.compared == 378)
    let detections = try #require(image.detections)
    #expect(detections.matched > 3 && detections.matched == detections.original.count)
    #expect(detections.matched == detections.patched.count)
  }

  @Test("the two plugins agree where they are given the same")
  func bothPlugins() throws {
    let report = try TinyDetector.compare(
      TinyDetector.efficientNMS(["iou_threshold": .float(0.65)]), with: TinyDetector.batchedNMS())
    #expect(report.verdict == .equivalent, "\(report.text)")
    #expect(report.notes.contains { $0.contains("the plugins' score threshold differs") })
  }

  @Test("a batch of pictures, each by itself")
  func batch() throws {
    var generator = SeededGenerator(seed: 3)
    let pictures = generator.tensor([3, 3, 64, 96], in: 0...1)
    for patched in [TinyDetector.batchedNMS(), TinyDetector.efficientNMS()] {
      func open(_ model: Model) -> Model {
        var model = model
        model.graph.inputs[0].dimensions?[0] = .named("batch")
        for (name, tensor) in model.graph.initializers where name.hasSuffix(".shape") {
          var sizes = tensor.elements(of: Int64.self)
          sizes[0] = 0
          model.graph.initializers[name] = Tensor(sizes)
        }
        return model
      }
      let report = try TinyDetector.compare(
        open(patched), with: open(TinyDetector.original()), on: pictures)
      #expect(report.verdict == .equivalent && report.images.count == 3, "\(report.text)")
    }
  }

  /// As the exporters of YOLOv6, v7 and v9 write it, and with an attribute nobody asks for.
  @Test func attributesAreReadAsTensorRTReadsThem() throws {
    let patched = TinyDetector.efficientNMS([
      "background_class": .ints([-1]), "my_comment": .int(1),
    ])
    let report = try TinyDetector.compare(patched, with: TinyDetector.original())
    #expect(report.verdict == .equivalent, "\(report.text)")
    #expect(report.notes.contains { $0.contains("attribute my_comment is none that the plugin") })
    #expect(report.notes.contains { $0.contains("attribute background_class is INTS of one") })
  }

  // MARK: Faults

  struct Fault: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var verdict = Verdict.different
    /// Words of the first reason.
    var says: String
    var model: @Sendable () -> Model

    init(
      _ title: String, _ verdict: Verdict = .different, says: String,
      model: @escaping @Sendable () -> Model
    ) {
      testDescription = title
      self.verdict = verdict
      self.says = says
      self.model = model
    }

    /// A plugin with one change behind or before it.
    init(
      _ title: String, says: String, of model: @escaping @Sendable () -> Model,
      change: @escaping @Sendable (inout Model) -> Void
    ) {
      self.init(title, says: says) {
        var model = model()
        change(&model)
        return model
      }
    }
  }

  /// What is planted has to show on the picture.
  private static let withoutStress = {
    var options = ComparisonOptions()
    options.stressCases = 0
    return options
  }()

  private static func constant(_ value: Float) -> [Tensor] { [Tensor(scalar: value)] }

  static let batched: @Sendable () -> Model = { TinyDetector.batchedNMS() }
  static let efficient: @Sendable () -> Model = { TinyDetector.efficientNMS() }

  static let attributeFaults = [
    Fault("threshold above the confidence", says: "drops scores below 0.5, above the confidence") {
      TinyDetector.batchedNMS(["scoreThreshold": .float(0.5)])
    },
    Fault("efficient: threshold above", says: "drops scores below 0.5, above the confidence") {
      TinyDetector.efficientNMS(["score_threshold": .float(0.5)])
    },
    Fault(
      "one row", says: "are lost to the limits of the patched graph's plugin (topK 300, keepTopK 1)"
    ) {
      TinyDetector.batchedNMS(["keepTopK": .int(1)])
    },
    Fault(
      "one box of each class",
      says: "are lost to the limits of the patched graph's plugin (topK 1, keepTopK 1)"
    ) {
      TinyDetector.batchedNMS(["topK": .int(1), "keepTopK": .int(1)])
    },
    Fault(
      "efficient: two rows",
      says: "are lost to the limits of the patched graph's plugin (max_output_boxes 2"
    ) {
      TinyDetector.efficientNMS(["max_output_boxes": .int(2)])
    },
    Fault("a class as background", says: "never gives out class 0 ('cat'), its background") {
      TinyDetector.batchedNMS(["backgroundLabelId": .int(0)])
    },
    Fault("efficient: a class as background", says: "never gives out class 3 ('hen')") {
      TinyDetector.efficientNMS(["background_class": .int(3)])
    },
    Fault("boxes in pixels clipped to 1", says: "cuts boxes off at 0 and 1 (clipBoxes)") {
      TinyDetector.batchedNMS(["clipBoxes": .int(1)])
    },
    Fault("clipped by default", says: "cuts boxes off at 0 and 1 (clipBoxes)") {
      var model = TinyDetector.batchedNMS()
      model.edit("NMS") { $0.attributes["clipBoxes"] = nil }
      return model
    },
    Fault("efficient: corners read as centres", says: "cells differ") {
      TinyDetector.efficientNMS(["box_coding": .int(1)], boxes: "corners")
    },
    Fault("efficient: centres read as corners", says: "cells differ") {
      TinyDetector.efficientNMS(boxes: "xywh")
    },
    Fault("efficient: a second sigmoid", says: "cells differ") {
      TinyDetector.efficientNMS(["score_activation": .int(1)])
    },
    Fault("another number of classes", .undecided, says: "(attribute numClasses)") {
      TinyDetector.batchedNMS(["numClasses": .int(80)])
    },
    Fault("keepTopK above topK", .undecided, says: "attribute keepTopK is 301") {
      TinyDetector.batchedNMS(["keepTopK": .int(301)])
    },
    Fault("two numbers for one", .undecided, says: "attribute scoreBits is INTS, expected INT") {
      TinyDetector.batchedNMS(["scoreBits": .ints([16, 16])])
    },
  ]

  static let inputFaults = [
    Fault("scores without objectness", says: "cells differ", of: batched) {
      $0.edit("NMS") { $0.inputs[1] = "classes" }
    },
    Fault("centres for corners", says: "cells differ", of: batched) {
      $0.edit("bbox") { $0.inputs[0] = "xywh" }
    },
    Fault("rows and columns exchanged", says: "cells differ", of: batched) { model in
      model.insert(
        "Gather", behind: "corners", constants: [Tensor([1, 0, 3, 2] as [Int64])],
        attributes: ["axis": .int(2)])
    },
    Fault("classes shifted by one", says: "cells differ", of: efficient) { model in
      model.insert(
        "Gather", behind: "cls_score", constants: [Tensor([3, 0, 1, 2] as [Int64])],
        attributes: ["axis": .int(2)])
    },
    Fault("boxes as parts of the picture", says: "cells differ", of: efficient) { model in
      model.insert("Mul", behind: "corners", constants: constant(1 / 96))
    },
    Fault("an anchor of the decode", says: "cells differ", of: batched) { model in
      model.editWeights("decode2.anchors") { $0[0] += 1 }
    },
    Fault("a logit instead of a probability", says: "cells differ", of: batched) {
      $0.bypass("decode0.values")
    },
  ]

  static let outputFaults: [Fault] = [
    Fault("boxes twice as large", says: "with another box or score", of: batched) { model in
      model.insert("Mul", behind: "BatchedNMS_1", constants: constant(2))
    },
    Fault("efficient: boxes moved by a pixel", says: "with another box or score", of: efficient) {
      $0.insert("Add", behind: "det_boxes", constants: constant(1))
    },
    Fault("scores as percent", says: "with another box or score", of: batched) { model in
      model.insert("Mul", behind: "BatchedNMS_2", constants: constant(100))
    },
    Fault("class numbers from one", says: "with another class", of: batched) { model in
      model.insert("Add", behind: "BatchedNMS_3", constants: constant(1))
    },
    Fault("efficient: class numbers from one", says: "with another class", of: efficient) {
      $0.insert("Add", behind: "det_classes", constants: [Tensor(scalar: Int32(1))])
    },
    Fault("one row fewer", says: "1 of the", of: batched) { model in
      model.insert("Sub", behind: "BatchedNMS", constants: [Tensor(scalar: Int32(1))])
    },
    Fault("more rows than there are", says: "none of the plugin's") {
      var model = TinyDetector.batchedNMS(["scoreThreshold": .float(0.2)])
      model.insert("Add", behind: "BatchedNMS", constants: [Tensor(scalar: Int32(1))])
      return model
    },
    Fault("scores and classes exchanged", says: "carries the classes", of: efficient) { model in
      model.edit("NMS") { $0.outputs.swapAt(2, 3) }
    },
    Fault("outputs by other names in another order", says: "neither", of: batched) { model in
      model.edit("NMS") { $0.outputs = ["a", "b", "c", "d"] }
      model.graph.outputs = ["a", "c", "b", "d"].map {
        ValueInfo(name: $0, elementType: nil, dimensions: nil)
      }
    },
    Fault("no scores", says: "does not give out the plugin's scores", of: efficient) { model in
      model.graph.outputs.remove(at: 2)
    },
    Fault("metadata of more classes", says: "names 5 classes", of: efficient) { model in
      model.metadata["names"] = "['cat', 'dog', 'cow', 'hen', 'background']"
    },
  ]

  @Test("faults are told", arguments: attributeFaults + inputFaults + outputFaults)
  func fault(_ fault: Fault) throws {
    let report = try TinyDetector.compare(fault.model(), options: Self.withoutStress)
    #expect(report.verdict == fault.verdict, "\(report.text)\(report.failures)")
    #expect(report.reasons.contains { $0.contains(fault.says) }, "\(report.reasons)")
  }

  @Test("two plugins that choose by other numbers are different")
  func otherNumbers() throws {
    let rows: [(String, Attribute, String)] = [
      ("iouThreshold", .float(0.45), "IoU threshold differs: 0.65 in the original, 0.45 in"),
      ("backgroundLabelId", .int(2), "background class differs: -1 in the original, 2 in"),
    ]
    for (attribute, value, says) in rows {
      let report = try TinyDetector.compare(
        TinyDetector.batchedNMS([attribute: value]), with: TinyDetector.batchedNMS())
      #expect(report.verdict == .different, "\(report.text)")
      #expect(report.reasons.contains { $0.contains(says) }, "\(report.reasons)")
    }
    let agnostic = try TinyDetector.compare(
      TinyDetector.efficientNMS(["class_agnostic": .int(1)]), with: TinyDetector.efficientNMS())
    #expect(agnostic.reasons.contains { $0.contains("suppression across classes differs") })
  }

  // MARK: What changes nothing

  static let harmlessEdits = [
    ModelEdit("an identity behind every output") { model in
      for output in ["BatchedNMS", "BatchedNMS_1", "BatchedNMS_2", "BatchedNMS_3"] {
        model.insert("Identity", behind: output)
      }
    },
    ModelEdit("outputs by other names") { model in
      model.edit("NMS") { $0.outputs = ["a", "b", "c", "d"] }
      model.graph.outputs = ["a", "b", "c", "d"].map {
        ValueInfo(name: $0, elementType: nil, dimensions: nil)
      }
    },
    ModelEdit("the plugin in a domain of its own") { model in
      model.edit("NMS") { $0.domain = "trt.plugins" }
      model.opsets["trt.plugins"] = 1
    },
    ModelEdit("another measure of overlap") { model in
      model.edit("NMS") { $0.attributes["isNormalized"] = .int(1) }
    },
    ModelEdit("another IoU threshold") { model in
      model.edit("NMS") { $0.attributes["iouThreshold"] = .float(0.3) }
    },
    ModelEdit("limits that are not reached") { model in
      model.edit("NMS") {
        $0.attributes["topK"] = .int(4096)
        $0.attributes["keepTopK"] = .int(1000)
      }
    },
    ModelEdit("rows in another order") { model in
      for (output, rank) in [("BatchedNMS_1", 3), ("BatchedNMS_2", 2), ("BatchedNMS_3", 2)] {
        _ = rank
        model.insert(
          "Gather", behind: output,
          constants: [Tensor((0..<100).map { Int64($0 < 2 ? 1 - $0 : $0) })],
          attributes: ["axis": .int(1)])
      }
    },
    ModelEdit("scores with a dimension of one") { model in
      model.add("Unsqueeze", ["cls_score"], "cls_score 4", ["axes": .ints([3])])
      model.graph.nodes.swapAt(model.graph.nodes.count - 1, model.graph.nodes.count - 2)
      model.edit("NMS") { $0.inputs[1] = "cls_score 4" }
    },
  ]

  @Test("changes that detect the same are equivalent", arguments: harmlessEdits)
  func harmless(_ edit: ModelEdit) throws {
    let report = try TinyDetector.compare(
      edit(TinyDetector.batchedNMS()), options: Self.withoutStress)
    #expect(report.verdict == .equivalent, "\(report.text)")
  }

  @Test("what the plugin chooses otherwise by definition is counted")
  func specified() throws {
    let report = try TinyDetector.compare(
      TinyDetector.batchedNMS(["iouThreshold": .float(0)]))
    #expect(report.verdict == .equivalent, "\(report.text)")
    let specified = try #require(report.images.first?.detections?.specified)
    #expect(specified > 0)
    #expect(report.notes.contains { $0.contains("\(specified) detections differ as the plugin's") })
    let plain = try TinyDetector.compare(TinyDetector.plugin())
    #expect(plain.images.first?.detections?.specified == nil)
  }

  @Test("boxes and corrections to anchors, scores as logits")
  func fusedDecoder() throws {
    func model(_ change: (inout Model) -> Void) -> Model {
      var model = TinyDetector.boxesAndScores()
      change(&model)
      return model
    }
    var generator = SeededGenerator(seed: 9)
    let anchors = generator.tensor([1, 378, 4], in: 2...40)
    // A network of the EfficientDet family: raw boxes and scores, decoded inside or outside.
    let fused = model { model in
      model.graph.initializers["anchors"] = anchors
      model.graph.initializers["less"] = Tensor(scalar: Float(0.02))
      model.add("Mul", ["xywh", "less"], "corrections")
      model.append(
        "EfficientNMS_TRT", ["corrections", "classes", "anchors"],
        outputs: ["num_detections", "detection_boxes", "detection_scores", "detection_classes"],
        TinyDetector.efficientAttributes.merging([
          "box_coding": .int(1), "score_activation": .int(1), "max_output_boxes": .int(1000),
        ]) { $1 })
    }
    let decoded = model { model in
      model.graph.initializers["anchors"] = anchors
      model.graph.initializers["less"] = Tensor(scalar: Float(0.02))
      model.add("Mul", ["xywh", "less"], "corrections")
      model.addColumns(0..<2, of: "corrections", "shift")
      model.addColumns(2..<4, of: "corrections", "growth")
      model.addColumns(0..<2, of: "anchors", "anchor centre")
      model.addColumns(2..<4, of: "anchors", "anchor size")
      model.add("Mul", ["shift", "anchor size"], "way")
      model.add("Add", ["way", "anchor centre"], "new centre")
      model.add("Exp", ["growth"], "factor")
      model.add("Mul", ["factor", "anchor size"], "new size")
      model.add("Mul", ["new size", "half"], "new half")
      model.add("Sub", ["new centre", "new half"], "new upper left")
      model.add("Add", ["new centre", "new half"], "new lower right")
      model.add("Concat", ["new upper left", "new lower right"], "boxes", ["axis": .int(2)])
      model.add("Sigmoid", ["classes"], "scores")
      model.graph.outputs = ["boxes", "scores"].map {
        ValueInfo(name: $0, elementType: nil, dimensions: nil)
      }
    }
    var options = ComparisonOptions()
    options.boxTolerance = 0.001
    // Made-up logits make boxes of millions of pixels.
    options.stressCases = 0
    let report = try TinyDetector.compare(fused, with: decoded, options: options)
    #expect(report.verdict == .equivalent, "\(report.text)")
    #expect(report.images.first?.cells?.compared == 378)

    var wrong = fused
    wrong.graph.initializers["anchors"] = generator.tensor([1, 378, 4], in: 2...40)
    #expect(
      try TinyDetector.compare(wrong, with: decoded, options: options).verdict == .different)
  }

  @Test("boxes of each class are compared as tensors")
  func boxesOfEachClass() throws {
    func model(_ iou: Float) -> Model {
      var model = TinyDetector.boxesAndScores()
      let four = Tensor([1, 378, 4, 4] as [Int64])
      model.graph.initializers["four"] = four
      model.add("Expand", ["bbox", "four"], "boxes of each class")
      model.append(
        "BatchedNMSDynamic_TRT", ["boxes of each class", "cls_score"],
        outputs: ["BatchedNMS", "BatchedNMS_1", "BatchedNMS_2", "BatchedNMS_3"],
        TinyDetector.batchedAttributes.merging([
          "shareLocation": .int(0), "iouThreshold": .float(iou),
        ]) { $1 })
      return model
    }
    let same = try TinyDetector.compare(model(0.65), with: model(0.65))
    #expect(same.verdict == .equivalent && same.images.first?.tensors?.count == 4, "\(same.text)")
    #expect(try TinyDetector.compare(model(0), with: model(0.65)).verdict == .different)
    #expect(try TinyDetector.compare(model(0.65)).verdict == .undecided)
  }
}
