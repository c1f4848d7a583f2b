import Detection
import FoundationEssentials
import ONNXGraph
import Tensors

/// A record with the prepared inputs that may be stored beside it.
public struct GoldenRecording: Sendable {
  public let golden: Golden
  /// What the record does not hold, and why.
  public let notes: [String]
  /// `nil` when they are not to be stored.
  let inputs: TensorArchive?

  /// Writes the record, and the inputs beside it.
  public func write(toFile path: String) throws(GoldenError) {
    if let inputs, let name = golden.inputs {
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
      do {
        try inputs.write(toFile: "\(folder)/\(name)")
      } catch {
        throw GoldenError("\(error)")
      }
    }
    try golden.write(toFile: path)
  }
}

/// Records what a model detects in images.
///
/// - Parameters:
///   - model: the path of a model that tells how its boxes are decoded.
///   - images: paths of JPEG and PNG images, or of `.npy` tensors that are fed as they are.
///   - file: where the record is to be written; it names all files from there.
///   - options: thresholds, preprocessing, input size, made-up cases, tolerances and threads.
///   - embedsInputs: whether the prepared inputs are to be stored beside the record.
/// - Throws: ``UsageError`` when an option does not go with the model; ``GoldenError``.
public func recordGolden(
  model: String, images: [String], to file: String,
  options: ComparisonOptions = ComparisonOptions(), embedsInputs: Bool = false
) throws -> GoldenRecording {
  guard !images.isEmpty else { throw UsageError("no image is given") }
  guard options.stressCases <= StressFeed.caseLimit else {
    throw UsageError(
      "--stress is \(options.stressCases), but a record is checked with at most "
        + "\(StressFeed.caseLimit) cases")
  }
  let loaded: LoadedModel
  do {
    loaded = LoadedModel(path: model, model: try Model(contentsOfFile: model))
  } catch {
    throw GoldenError("\(error)")
  }
  do {
    var recorder = try GoldenRecorder(loaded, to: file, options: options)
    for image in images { try recorder.add(.file(image)) }
    return try recorder.recording(
      sha256: sha256(ofFile: model), embedding: embedsInputs)
  } catch let refusal as Refusal {
    throw GoldenError(refusal.description)
  }
}

/// The digest of a file's bytes.
func sha256(ofFile path: String) throws(GoldenError) -> String {
  guard let digest = SHA256.hexDigest(ofFile: path) else {
    throw GoldenError("\(path): cannot be read")
  }
  return digest
}
