import Detection
import ONNXGraph
import TestSupport
import Testing
import Verification

/// The real pairs, against what was measured once with other means (see the folder's README).
@Suite(RealModels.condition)
struct RealModelTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let image: String
    let size: InputSize?
    let candidates: Int
    let labels: [String]

    var testDescription: String { "\(image) \(size.map { "\($0)" } ?? "640x640")" }
  }

  static let persons = ["person", "person", "person", "bus"]
  static let rows = [
    Row(image: "bus", size: nil, candidates: 51, labels: persons),
    Row(image: "car", size: nil, candidates: 7, labels: ["car", "truck"]),
  ]
  static let dynamicRows = [
    Row(image: "bus", size: .rectangular, candidates: 54, labels: ["person"] + persons),
    Row(image: "bus", size: .fixed(height: 384, width: 640), candidates: 60, labels: persons),
    Row(image: "car", size: .rectangular, candidates: 7, labels: ["car", "truck"]),
    Row(image: "car", size: .fixed(height: 384, width: 640), candidates: 9, labels: ["car"]),
  ]
  static let originals = ["original", "original_dynamic", "original_simplified"]
  static let patches = ["heads_dynamic", "yololayer", "yololayer_dynamic"]

  private func check(_ original: String, _ patched: String, _ row: Row) throws {
    var options = ComparisonOptions()
    options.inputSize = row.size
    let report = try compare(
      original: RealModels.path("models/yolov5n_\(original).onnx"),
      patched: RealModels.path("models/yolov5n_\(patched).onnx"),
      images: [RealModels.path("images/\(row.image).jpg")], options: options)
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    #expect(report.images[0].cells == nil || report.stress?.different == 0)
    let image = try #require(report.images.first)
    guard let cells = image.cells else {
      // Heads against heads: nothing says how to decode them.
      #expect(original.hasPrefix("heads") && patched.hasPrefix("heads"))
      return
    }
    #expect(cells.maxBoxErrorPx.value <= 0.001)
    #expect(cells.maxScoreError.value <= 1e-6)
    let candidates = try #require(image.candidates)
    #expect(candidates.original == row.candidates)
    #expect(candidates.matched == row.candidates)
    #expect(candidates.classMismatches == 0)
    let detections = try #require(image.detections)
    #expect(detections.original.compactMap(\.label).sorted() == row.labels.sorted())
    #expect(detections.matched == row.labels.count)
  }

  @Test(arguments: originals, patches)
  func patch(_ original: String, _ patched: String) throws {
    for row in Self.rows { try check(original, patched, row) }
  }

  @Test(arguments: originals + patches)
  func againstTheFirst(_ model: String) throws {
    try check(model, "original", Self.rows[0])
    try check("yololayer", model, Self.rows[1])
  }

  @Test(arguments: dynamicRows)
  func otherSizes(_ row: Row) throws {
    try check("original_dynamic", "yololayer_dynamic", row)
    try check("original_dynamic", "heads_dynamic", row)
  }

  /// Faults of the network's last layer of which the photograph has no candidate.
  static let faults: [ModelEdit] =
    [
      ModelEdit("classes exchanged on the finest scale") { model in
        let head = model.pluginMap(0)
        let conv = model.graph.nodes.first { $0.outputs.contains(head.inputs[0]) }!
        for name in conv.inputs[1...] {
          model.editWeights(name) { values in
            let size = values.count / 255
            for index in 0..<size {
              values.swapAt((85 + 5 + 33) * size + index, (85 + 5 + 71) * size + index)
            }
          }
        }
      },
      ModelEdit("no sigmoid on the finest scale") { model in
        let node = model.pluginMap(0)
        model.bypass(node.name)
      },
    ]

  @Test(arguments: faults)
  func fault(_ fault: ModelEdit) throws { _ = try reportOfFault(fault) }

  @Test(arguments: PluginFaults.anchors + PluginFaults.classes(count: 80, step: 26))
  func faultOfTheEnd(_ fault: ModelEdit) throws {
    let stress = try #require(try reportOfFault(fault).stress)
    #expect(stress.different > 0)
  }

  private func reportOfFault(_ fault: ModelEdit) throws -> Report {
    let models = try ["original", "yololayer"].map { name in
      try Model(contentsOfFile: RealModels.path("models/yolov5n_\(name).onnx"))
    }
    let report = try compareModels(
      Pair(
        original: LoadedModel(path: "original", model: models[0]),
        patched: LoadedModel(path: "patched", model: fault(models[1]))),
      images: [.file(RealModels.path("images/bus.jpg"))], options: ComparisonOptions())
    #expect(report.verdict == .different, "\(report.text)")
    return report
  }

  @Test func nothingElseDecidesTheBits() throws {
    var options = ComparisonOptions()
    func report() throws -> Report {
      var report = try compare(
        original: RealModels.path("models/yolov5n_original.onnx"),
        patched: RealModels.path("models/yolov5n_yololayer.onnx"),
        images: [RealModels.path("images/bus.jpg")], options: options)
      report.timings = Timings()
      return report
    }
    let shared = try report()
    options.sharesNodes = false
    options.threads = 1
    #expect(try report() == shared)
  }
}

extension Model {
  /// Changes an attribute of the plugin.
  fileprivate mutating func editPlugin(_ attribute: String, _ change: (inout Attribute) -> Void) {
    editPlugin { change(&$0.attributes[attribute]!) }
  }

  /// The node that makes a map of the plugin.
  fileprivate func pluginMap(_ index: Int) -> Node { producer(of: plugin.inputs[index]) }
}
