import Images
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// Graphs whose input is not `[1,3,H,W]` of float32.
struct InputTests {
  private let folder: TemporaryFolder
  private let picture: ImageSource

  init() throws {
    folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 3)
    let image = Image(
      width: 96, height: 64,
      pixels: (0..<96 * 64 * 3).map { _ in UInt8.random(in: 0...255, using: &generator) })
    try image.writePNG(toFile: folder.file("noise.png"))
    picture = .file(folder.file("noise.png"))
  }

  private func compare(_ original: Model, _ patched: Model) throws -> Report {
    try compareModels(
      Pair(
        original: LoadedModel(path: "original.onnx", model: original),
        patched: LoadedModel(path: "patched.onnx", model: patched)),
      images: [picture], options: ComparisonOptions())
  }

  static let inputs: [ModelEdit] = [
    ModelEdit("channels last") { model in
      model.insert("Transpose", behind: "images", attributes: ["perm": .ints([0, 3, 1, 2])])
      model.graph.inputs[0].dimensions = [.fixed(1), .fixed(64), .fixed(96), .fixed(3)]
    },
    ModelEdit("bytes") { model in
      model.insert("Mul", behind: "images", constants: [Tensor(scalar: 1 / Float(255))])
      model.insert("Cast", behind: "images", attributes: ["to": .int(1)])
      model.graph.inputs[0].elementType = .uint8
    },
    ModelEdit("float64") { model in
      model.insert("Cast", behind: "images", attributes: ["to": .int(1)])
      model.graph.inputs[0].elementType = .float64
    },
    ModelEdit("another name") { model in
      model.insert("Identity", behind: "images")
      model.graph.nodes[0].inputs = ["pixels"]
      model.graph.inputs[0].name = "pixels"
    },
    ModelEdit("any size") { model in
      model.graph.inputs[0].dimensions = [.unknown, .fixed(3), .unknown, .unknown]
    },
    ModelEdit("undeclared") { $0.graph.inputs[0].dimensions = nil },
  ]

  @Test(arguments: Self.inputs)
  func onOneSide(_ input: ModelEdit) throws {
    let report = try compare(TinyDetector.original(), input(TinyDetector.plugin()))
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    #expect(report.images[0].cells?.compared == 378)
  }

  @Test(arguments: Self.inputs)
  func onBothSides(_ input: ModelEdit) throws {
    let original = input(TinyDetector.original())
    let report = try compare(original, TinyDetector.original())
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
  }

  @Test func aHalfInputCountsAsError() throws {
    var patched = TinyDetector.plugin()
    patched.insert("Cast", behind: "images", attributes: ["to": .int(1)])
    patched.graph.inputs[0].elementType = .float16
    let report = try compare(TinyDetector.original(), patched)
    #expect(report.images[0].cells?.compared == 378)
    #expect(report.verdict == .different)
  }

  @Test(arguments: [
    ([Dimension.fixed(1), .fixed(2), .fixed(64), .fixed(96)], "no image of three channels"),
    ([.fixed(1), .fixed(3), .fixed(64)], "no image of three channels"),
  ])
  func whatTakesNoImageIsRefused(_ dimensions: [Dimension], _ message: String) throws {
    var patched = TinyDetector.plugin()
    patched.graph.inputs[0].dimensions = dimensions
    let report = try compare(TinyDetector.original(), patched)
    #expect(report.verdict == .undecided)
    #expect(report.failures.count == 1)
    #expect(report.failures[0].hasPrefix("patched.onnx: "))
    #expect(report.failures[0].contains(message))
  }

  @Test(arguments: [0, 100_000, Int.max])
  func aBatchThatCannotBeFilledIsRefused(_ batch: Int) throws {
    var patched = TinyDetector.plugin()
    patched.graph.inputs[0].dimensions![0] = .fixed(batch)
    let report = try compare(TinyDetector.original(), patched)
    #expect(report.verdict == .undecided)
    #expect(report.failures.count == 1)
  }

  @Test func aSecondInputIsRefused() throws {
    var patched = TinyDetector.plugin()
    patched.graph.inputs.append(ValueInfo(name: "scale", elementType: .float32, dimensions: []))
    let report = try compare(TinyDetector.original(), patched)
    #expect(report.failures.count == 1)
    #expect(report.failures.first?.contains("2 inputs") == true)
  }
}

/// Graphs for more than one image.
struct BatchTests {
  /// The original export with an open or fixed batch: its shapes keep the batch they are given.
  private static func batched(_ batch: Dimension) -> Model {
    var model = TinyDetector.original()
    model.graph.inputs[0].dimensions![0] = batch
    for (name, tensor) in model.graph.initializers where name.hasSuffix(".shape") {
      var sizes = tensor.elements(of: Int64.self)
      sizes[0] = name.contains("split") ? 0 : -1
      model.graph.initializers[name] = Tensor(sizes)
    }
    return model
  }

  @Test func aPictureFillsAFixedBatch() throws {
    let folder = try TemporaryFolder()
    let image = Image(
      width: 32, height: 32, pixels: (0..<32 * 32 * 3).map { UInt8(truncatingIfNeeded: $0 * 7) })
    try image.writePNG(toFile: folder.file("picture.png"))
    var patched = TinyDetector.plugin()
    patched.graph.inputs[0].dimensions![0] = .named("batch")
    let report = try compareModels(
      Pair(
        original: LoadedModel(path: "a.onnx", model: Self.batched(.fixed(3))),
        patched: LoadedModel(path: "b.onnx", model: patched)),
      images: [.file(folder.file("picture.png"))], options: ComparisonOptions())
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    #expect(report.images.map(\.inputShape) == [[3, 3, 64, 96]])
  }

  @Test func everyImageOfATensorIsCompared() throws {
    let report = try TinyDetector.compare(
      TinyDetector.plugin().opening, with: Self.batched(.unknown), on: TinyDetector.noise(count: 2))
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    #expect(report.images.map(\.path) == ["noise[0]", "noise[1]"])
    #expect(report.images[0].detections != report.images[1].detections)
    // Each image of the batch is a pass of its own.
    let stress = try #require(report.stress)
    #expect(stress.different == 0 && stress.cases >= 25_200 && stress.cases % (2 * 378) == 0)
  }

  /// The plugin sees the first image's maps for every image.
  @Test func aPatchForOneImageOnlyIsSeen() throws {
    var patched = TinyDetector.plugin().opening
    for scale in 0..<3 {
      let grid = ["8", "4", "2"][scale]
      patched.insert(
        "Slice", behind: "p\(scale + 3)",
        constants: [Tensor([0 as Int64]), Tensor([1 as Int64]), Tensor([0 as Int64])])
      let columns = Int64(grid)! * 3 / 2
      patched.insert(
        "Expand", behind: "p\(scale + 3)",
        constants: [Tensor([2, 27, Int64(grid)!, columns] as [Int64])])
    }
    let report = try TinyDetector.compare(
      patched, with: Self.batched(.unknown), on: TinyDetector.noise(count: 2))
    #expect(report.images.map(\.verdict) == [.equivalent, .different], "\(report.failures)")
    #expect(report.verdict == .different)
  }
}

extension Model {
  fileprivate var opening: Model {
    var model = self
    model.graph.inputs[0].dimensions![0] = .named("batch")
    return model
  }
}
