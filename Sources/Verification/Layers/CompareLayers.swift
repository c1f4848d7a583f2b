import Interpreter
import ONNXGraph
import Tensors

/// Compares two model files tensor by tensor on one image, and says where they drift apart.
///
/// - Parameters:
///   - original: the path of the model as it was exported.
///   - patched: the path of the model that should compute the same.
///   - image: a JPEG, a PNG, or an `.npy` tensor that is fed as it is.
///   - options: how the image is fed, and threads.
///   - folder: a new folder for the first layer beyond its noise floor, with what it reads; it is not
///     made when there is no such layer.
/// - Throws: ``UsageError`` when an option does not go with the models.
public func compareLayers(
  original: String, patched: String, image: String,
  options: ComparisonOptions = ComparisonOptions(), extractingTo folder: String? = nil
) throws(UsageError) -> LayersReport {
  let files = ModelFiles(
    Pair(original: original, patched: patched), hashing: options.hashesModels)
  var report: LayersReport
  switch (files.models.original, files.models.patched) {
  case (.success(let original), .success(let patched)):
    report = try compareLayers(
      Pair(original: original, patched: patched), on: .file(image), options: options,
      extractingTo: folder)
  default:
    report = LayersReport(
      original: GraphReport(path: original), patched: GraphReport(path: patched), image: image)
    for result in files.models.both {
      if case .failure(let error) = result { report.fail([error.description]) }
    }
  }
  report.original.sha256 = files.digests.original
  report.patched.sha256 = files.digests.patched
  return report
}

/// Compares two models in memory tensor by tensor.
package func compareLayers(
  _ models: Pair<LoadedModel>, on image: ImageSource,
  options: ComparisonOptions = ComparisonOptions(), extractingTo folder: String? = nil
) throws(UsageError) -> LayersReport {
  var report = LayersReport(
    original: GraphReport(path: models.original.path),
    patched: GraphReport(path: models.patched.path), image: image.name)
  do {
    let pair = try FedPair(models, image, options)
    let comparison = try LayerComparison(pair)
    report.add(comparison, pair)
    if let folder, let extract = try LayerExtract(pair, comparison) {
      try extract.write(toFolder: folder)
    }
  } catch let error as UsageError {
    throw error
  } catch {
    report.fail((error as? Refusal)?.lines ?? ["\(error)"])
  }
  return report
}

extension LayersReport {
  fileprivate mutating func fail(_ lines: [String]) {
    verdict = .undecided
    reasons += lines
    failures += lines
  }

  fileprivate mutating func add(_ comparison: LayerComparison, _ pair: FedPair) {
    inputShape = pair.tensors.original.shape.dimensions
    sharing = pair.joint.sharing
    pairs = comparison.pairs
    notes = comparison.notes
    layers = comparison.layers
    first = comparison.first
    ranked = comparison.ranked
    verdict = Verdict(differs: first != nil, agrees: !layers.isEmpty)
    if let first {
      let count = layers.count(where: \.isBeyondNoise)
      reasons.append(
        "\(count) of \(layers.count) tensors are further apart than rounding explains, "
          + "the first that of \(first.node)")
    } else if layers.isEmpty {
      reasons.append("no tensor of one graph could be paired with one of the other")
    }
  }
}
