import Foundation
import Images
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// What has changed that is no result is told apart from a changed result.
struct GoldenInputTests {
  private let folder: TemporaryFolder
  private let file: String
  private let model: String

  init() throws {
    folder = try TemporaryFolder()
    file = folder.file("picture.golden.json")
    model = try folder.write(TinyDetector.original(), as: "original.onnx")
    try picture(seed: 1)
  }

  private func picture(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let image = Image(
      width: 80, height: 60,
      pixels: (0..<80 * 60 * 3).map { _ in UInt8.random(in: 0...255, using: &generator) })
    try image.writePNG(toFile: folder.file("picture.png"))
  }

  private func record(
    embedding: Bool = false, _ options: ComparisonOptions = ComparisonOptions()
  ) throws {
    try recordGolden(
      model: model, images: [folder.file("picture.png")], to: file, options: options,
      embedsInputs: embedding
    ).write(toFile: file)
  }

  private func expectUndecided(_ report: Report, _ message: String) {
    #expect(report.verdict == .undecided, "\(report.text)")
    #expect(report.reasons.count == 1 && report.reasons[0].contains(message), "\(report.reasons)")
    #expect(report.images.allSatisfy { $0.checks?.map(\.name) == ["image"] })
  }

  @Test func nothingChanged() throws {
    try record()
    let report = checkGolden(file, model: model)
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    #expect(report.notes.contains { $0.contains("every bit of all 378 cells is as recorded") })
  }

  @Test func anotherPicture() throws {
    try record()
    try picture(seed: 2)
    expectUndecided(checkGolden(file, model: model), "the image has changed")
  }

  @Test func noPicture() throws {
    try record()
    try FileManager.default.removeItem(atPath: folder.file("picture.png"))
    expectUndecided(checkGolden(file, model: model), "no such image")
  }

  @Test func aFolderOfPictures() throws {
    try record()
    let other = try TemporaryFolder()
    expectUndecided(checkGolden(file, model: model, images: other.path), "no such image")
    try FileManager.default.moveItem(
      atPath: folder.file("picture.png"), toPath: other.file("picture.png"))
    #expect(checkGolden(file, model: model, images: other.path).verdict == .equivalent)
  }

  @Test func anotherPreparation() throws {
    try record()
    var golden = try Golden(contentsOfFile: file)
    golden.preprocessing.channels = .bgr
    try golden.write(toFile: file)
    expectUndecided(checkGolden(file, model: model), "the preprocessing has changed")
  }

  @Test func anotherSize() throws {
    try record()
    var other = TinyDetector.original()
    other.graph.inputs[0].dimensions![3] = .fixed(64)
    let path = try folder.write(other, as: "other.onnx")
    expectUndecided(checkGolden(file, model: path), "recorded at 64x96, but \(path) takes 64x64")
  }

  @Test func otherClassNamesAreNoted() throws {
    try record()
    var other = TinyDetector.original()
    other.metadata["names"] = "['cat', 'dog', 'sow', 'hen']"
    let report = checkGolden(file, model: try folder.write(other, as: "other.onnx"))
    #expect(report.verdict == .equivalent)
    #expect(
      report.notes.contains(
        "the record and the graph name 1 classes differently: class 2 is 'cow' in the record and "
          + "'sow' in the graph"))
  }

  @Test(arguments: ["letterbox", "stretch", "bgr", "scale and pad"])
  func theRecordsPreparationIsUsed(_ preparation: String) throws {
    var options = ComparisonOptions()
    switch preparation {
    case "stretch": options.preprocessing.resize = .stretch
    case "bgr": options.preprocessing.channels = .bgr
    case "scale and pad":
      options.preprocessing.scale = 1 / 128.0
      options.preprocessing.pad = 0
    default: break
    }
    try record(options)
    let report = checkGolden(file, model: model)
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
  }

  @Test(arguments: InputTests.inputs)
  func embeddedInputsStandInForThePicture(_ input: ModelEdit) throws {
    try record(embedding: true)
    try FileManager.default.removeItem(atPath: folder.file("picture.png"))
    let other = try folder.write(input(TinyDetector.plugin()), as: "other.onnx")
    let report = checkGolden(file, model: other)
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    #expect(report.images[0].candidates!.matched > 10)
  }

  @Test func embeddedInputsAreTheRecorded() throws {
    try record(embedding: true)
    let archive = folder.file("picture.golden.npz")
    var stored = try TensorArchive(contentsOfFile: archive)
    #expect(stored.entries.map(\.tensor.shape) == [[1, 3, 64, 96]])
    var values = stored.entries[0].tensor.elements(of: Float.self)
    values[17] += 0.5
    stored.entries[0].tensor = Tensor(values, shape: [1, 3, 64, 96])
    try stored.write(toFile: archive)
    expectUndecided(checkGolden(file, model: model), "the embedded input has changed")
    try FileManager.default.removeItem(atPath: archive)
    let report = checkGolden(file, model: model)
    #expect(report.verdict == .undecided)
    #expect(report.reasons.count == 1 && report.reasons[0].contains("embedded inputs"))
    #expect(checkGolden(file, model: model, images: folder.path).verdict == .equivalent)
  }

  @Test func whatWouldChangeIsListed() throws {
    try record()
    #expect(try updateGolden(file, model: model).changes.isEmpty)
    var other = TinyDetector.original()
    other.editWeights("head2.bias") { $0[4] += 2 }
    let path = try folder.write(other, as: "other.onnx")
    let update = try updateGolden(file, model: path)
    #expect(update.changes.contains { $0.contains("new: scale 2, anchor 0") }, "\(update.changes)")
    #expect(!update.changes.contains { $0.contains("scale 0") })
    #expect(checkGolden(file, model: path).verdict == .different)
    try update.recording.write(toFile: file)
    #expect(checkGolden(file, model: path).verdict == .equivalent)
    #expect(try updateGolden(file, model: path).changes.isEmpty)
  }

  @Test func anUpdateTakesThePictureAsItIs() throws {
    try record()
    try picture(seed: 2)
    let update = try updateGolden(file, model: model)
    #expect(update.changes.contains("picture.png: another picture"), "\(update.changes)")
    try update.recording.write(toFile: file)
    #expect(checkGolden(file, model: model).verdict == .equivalent)
  }

  @Test func anUpdateKeepsEmbeddedInputs() throws {
    try record(embedding: true)
    try FileManager.default.removeItem(atPath: folder.file("picture.png"))
    let heads = try folder.write(TinyDetector.heads(), as: "heads.onnx")
    let update = try updateGolden(file, model: heads)
    #expect(update.changes.contains { $0.hasPrefix("form: yolov5-decoded becomes heads-sigmoid") })
    #expect(!update.changes.contains { $0.contains("gone") || $0.contains("new:") })
    try update.recording.write(toFile: file)
    #expect(checkGolden(file, model: model).verdict == .equivalent)
  }
}
