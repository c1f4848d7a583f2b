import Foundation
import ONNXGraph
import Tensors
import TestSupport
import Verification

/// A record of the tiny detector's original export on a seeded picture, in a folder of its own.
struct TinyGolden {
  let folder: TemporaryFolder
  let file: String
  let golden: Golden

  init(
    of model: Model = TinyDetector.original(), images: [Tensor] = [TinyDetector.noise()],
    options: ComparisonOptions = ComparisonOptions(), embedsInputs: Bool = false
  ) throws {
    let folder = try TemporaryFolder()
    let paths = try images.enumerated().map { try folder.write($1, as: "noise\($0).npy") }
    self.folder = folder
    file = folder.file("tiny.golden.json")
    let recording = try recordGolden(
      model: folder.write(model, as: "original.onnx"), images: paths, to: file, options: options,
      embedsInputs: embedsInputs)
    try recording.write(toFile: file)
    golden = recording.golden
  }

  /// What holding a model against the record says.
  func check(_ model: Model, options: ComparisonOptions = ComparisonOptions()) -> Report {
    checkGolden(
      golden, file: file, LoadedModel(path: "checked.onnx", model: model), options: options)
  }
}
