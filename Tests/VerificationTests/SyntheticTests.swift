import Images
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// Graphs that agree on the images given and not elsewhere.
struct SyntheticTests {
  /// The bare heads of the small detector, which take any batch and size.
  private func open(_ change: (inout Model) -> Void = { _ in }) -> Model {
    var model = TinyDetector.heads()
    model.graph.inputs[0].dimensions = [.named("batch"), .fixed(3), .named("height"), .unknown]
    change(&model)
    return model
  }

  @Test func openSizesAndBatchesAreSeen() throws {
    let report = try TinyDetector.compare(open(), with: open())
    #expect(report.verdict == .equivalent, "\(report.text)")
    let coverage = try #require(report.coverage)
    #expect(coverage.batches == [1, 3])
    #expect(coverage.sizes == [[64, 96], [96, 160], [192, 160]])
    #expect(report.synthetic?.count == 4)
  }

  @Test func aBakedSizeDiffers() throws {
    let patched = open { model in
      model.edit("up") { $0.inputs[2] = "" }
      model.edit("up") { $0.inputs.append("baked") }
      model.graph.initializers["baked"] = Tensor([1, 16, 4, 6] as [Int64])
    }
    let report = try TinyDetector.compare(patched, with: open())
    #expect(report.verdict == .different)
    #expect(report.diagnosis?.first?.ids == ["baked-size"], "\(report.text)")
  }

  @Test func imagesOfABatchMixedUpDiffer() throws {
    let patched = open { model in
      // The largest of all images in the place of each one's own.
      model.insert("Add", behind: "p3", constants: [])
      let place = model.graph.nodes.firstIndex { $0.name == "inserted Add at p3" }!
      let inner = model.graph.nodes[place].inputs[0]
      model.graph.nodes[place] = Node(
        operatorType: "Max", name: "mixed", inputs: [inner, "largest"], outputs: ["p3"])
      model.graph.nodes.insert(
        Node(
          operatorType: "ReduceMax", inputs: [inner], outputs: ["largest"],
          attributes: ["axes": .ints([0]), "keepdims": .int(1)]), at: place)
    }
    let report = try TinyDetector.compare(patched, with: open())
    #expect(report.verdict == .different)
    #expect(report.diagnosis?.first?.ids == ["batch"], "\(report.text)")
    #expect(report.reasons.contains { $0.hasPrefix("synthetic: ") })
  }

  /// A batch that is fixed: one picture fills it, and agrees.
  @Test func imagesOfAFixedBatchMixedUpDiffer() throws {
    func fixed(_ change: (inout Model) -> Void = { _ in }) -> Model {
      open { model in
        model.graph.inputs[0].dimensions = [.fixed(2), .fixed(3), .fixed(64), .fixed(96)]
        change(&model)
      }
    }
    let patched = fixed { model in
      model.insert(
        "Gather", behind: "p3", constants: [Tensor([0, 0] as [Int64])],
        attributes: ["axis": .int(0)])
    }
    let folder = try TemporaryFolder()
    let image = Image(
      width: 32, height: 32, pixels: (0..<32 * 32 * 3).map { UInt8(truncatingIfNeeded: $0 * 7) })
    try image.writePNG(toFile: folder.file("picture.png"))
    func report(_ patched: Model) throws -> Report {
      try compareModels(
        Pair(
          original: LoadedModel(path: "a.onnx", model: fixed()),
          patched: LoadedModel(path: "b.onnx", model: patched)),
        images: [.file(folder.file("picture.png"))], options: ComparisonOptions())
    }
    #expect(try report(fixed()).verdict == .equivalent)
    let mixed = try report(patched)
    #expect(mixed.verdict == .different)
    #expect(mixed.diagnosis?.first?.ids == ["batch"], "\(mixed.text)")
  }

  @Test func aConstantOutputDiffers() throws {
    let run = try ModelRun(TinyDetector.heads(), inputs: ["images": TinyDetector.noise()])
    var patched = TinyDetector.plugin()
    for (name, tensor) in run.outputs {
      patched.graph.initializers["\(name) folded"] = tensor
      patched.edit("YoloLayer") { node in
        node.inputs = node.inputs.map { $0 == name ? "\(name) folded" : $0 }
      }
    }
    let report = try TinyDetector.compare(patched)
    #expect(report.verdict == .different)
    #expect(report.diagnosis?.first?.ids == ["constant-output"])
    #expect(report.images.map(\.verdict) == [.equivalent])
  }

  @Test func provenGraphsOfFixedSizeTakeNoMore() throws {
    let report = try TinyDetector.compare(TinyDetector.plugin())
    #expect(report.verdict == .equivalent && report.synthetic == nil)
  }
}
