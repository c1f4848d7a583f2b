import ONNXGraph
import TestSupport
import Verification

/// A record of a model file on image files, with their inputs, in a folder of its own.
struct FileGolden {
  let folder: TemporaryFolder
  let file: String
  let golden: Golden

  init(of model: String, images: [String]) throws {
    folder = try TemporaryFolder()
    file = folder.file("record.golden.json")
    let recording = try recordGolden(model: model, images: images, to: file, embedsInputs: true)
    try recording.write(toFile: file)
    golden = recording.golden
  }

  /// What holding a model against the record, or a change of it, says.
  func check(_ model: Model, _ change: (inout Golden) -> Void = { _ in }) -> Report {
    var golden = golden
    change(&golden)
    return checkGolden(golden, file: file, LoadedModel(path: "checked.onnx", model: model))
  }
}
