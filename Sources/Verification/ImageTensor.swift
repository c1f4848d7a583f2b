import Detection
import ONNXGraph
import Tensors

/// An image as an input of a model takes it.
///
/// - Parameters:
///   - file: a JPEG, a PNG, or an `.npy` tensor that is taken as it is.
///   - input: the name of the input.
///   - model: the model that has it.
///   - path: the model's file, for messages.
///   - inputSize: for an input with open height and width; 640x640 when left out.
///   - preprocessing: how pixels become elements.
/// - Returns: `[N,3,H,W]` or `[N,H,W,3]` in the input's element type; a batch of fixed size is
///   filled with the same image.
/// - Throws: ``UsageError`` when `inputSize` does not go with the model; a one-line error when there
///   is no such input, it takes no image, or the image cannot be read.
public func imageTensor(
  _ file: String, for input: String, of model: Model, path: String, inputSize: InputSize? = nil,
  preprocessing: Preprocessing = Preprocessing()
) throws -> Tensor {
  let loaded = LoadedModel(path: path, model: model)
  let imageInput = try loaded.naming { () throws(Refusal) in
    guard let info = model.graph.inputs.first(where: { $0.name == input }) else {
      let names = model.graph.inputs.map { "'\(shown: $0.name)'" }.joined(separator: ", ")
      throw Refusal("no input '\(shown: input)', the graph has \(names)")
    }
    do {
      return try ImageInput(info)
    } catch {
      throw Refusal("\(error)")
    }
  }
  let inputs = Pair(original: imageInput, patched: imageInput)
  let sizing = try InputSizing(Pair(original: loaded, patched: loaded), inputs, inputSize)
  try sizing.check(inputSize)
  return try ImageSource.file(file).prepared(for: inputs, sizing, preprocessing).tensors.original
}
