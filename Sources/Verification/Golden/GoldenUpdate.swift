import Detection
import FoundationEssentials
import ONNXGraph
import Tensors

/// What a record would become if it were made again of another model.
public struct GoldenUpdate: Sendable {
  /// The record as it would be, with its inputs.
  public let recording: GoldenRecording
  /// What would change, a line each; empty when nothing would.
  public let changes: [String]
}

/// Makes a record again: of a model as it is now, on the recorded images as they are now, with the
/// recorded thresholds and preprocessing.
///
/// Nothing is written.
///
/// - Parameters:
///   - file: the path of the record.
///   - model: the path of the model.
///   - imageFolder: a folder that holds the images by their file names.
///   - options: of these, the tolerances and the threads count.
/// - Throws: ``UsageError``, ``GoldenError``.
public func updateGolden(
  _ file: String, model: String, images imageFolder: String? = nil,
  options: ComparisonOptions = ComparisonOptions()
) throws -> GoldenUpdate {
  let old = try Golden(contentsOfFile: file)
  do {
    let loaded = LoadedModel(path: model, model: try Model(contentsOfFile: model))
    let inputs = try GoldenInputs(old, file: file, imageFolder: imageFolder)
    let reader = try GraphReader(loaded, threads: options.threads)
    var settings = old.options(options)
    if let fed = old.stress?.fed {
      (settings.stressCases, settings.stressSeed) = (fed.cases, fed.seed)
    }
    if reader.input.hasOpenSize { settings.inputSize = old.inputSize }
    var recorder = try GoldenRecorder(loaded, to: file, options: settings)
    var previous: String?
    for (index, image) in old.images.enumerated() where image.path != previous {
      previous = image.path
      let decode = old.geometry(of: image)
      if let stored = try inputs.stored(index, for: reader) {
        try recorder.add(stored, decode: decode, expectedClasses: old.classCount)
      } else {
        try recorder.add(
          .file(inputs.path(of: image)), decode: decode, expectedClasses: old.classCount)
      }
    }
    let recording = try recorder.recording(
      sha256: sha256(ofFile: model), embedding: old.inputs != nil)
    return GoldenUpdate(
      recording: recording, changes: old.changes(to: recording.golden))
  } catch let refusal as Refusal {
    throw GoldenError(refusal.description)
  } catch let error as ModelError {
    throw GoldenError("\(error)")
  }
}

extension Golden {
  /// The size the images were prepared for, for a graph that takes any.
  fileprivate var inputSize: InputSize? {
    if preprocessing.rectangularStride != nil { return .rectangular }
    return images.first { $0.batchIndex == nil }.map {
      .fixed(height: $0.input.shape[2], width: $0.input.shape[3])
    }
  }

  /// What differs in another record of the same images.
  func changes(to new: Golden) -> [String] {
    var changes: [String] = []
    func note<Value: Equatable>(_ what: String, _ a: Value, _ b: Value) {
      if a != b { changes.append("\(what): \(a) becomes \(b)") }
    }
    note("schema", schema, new.schema)
    note("made by", tool, new.tool)
    note("model", model.path, new.model.path)
    note("model's SHA-256", model.sha256, new.model.sha256)
    note("form", model.form.rawValue, new.model.form.rawValue)
    note("precision", model.precision.rawValue, new.model.precision.rawValue)
    note("classes", classNames.map { $0 ?? "-" }, new.classNames.map { $0 ?? "-" })
    if decode != new.decode { changes.append("decode: other strides, anchors or scores") }
    note("preprocessing", preprocessing, new.preprocessing)
    note("plugin's threshold", "\(thresholds.plugin ?? -1)", "\(new.thresholds.plugin ?? -1)")
    if suppression != new.suppression {
      let names = [suppression, new.suppression].map { $0?.operatorType ?? "none" }
      changes.append("NMS plugin: \(names[0]) becomes \(names[1]), or its attributes differ")
    }
    changes += stressChanges(to: new)
    for (old, image) in zip(images, new.images) {
      changes += old.changes(to: image, labels: new.labels).map { "\(old.name): \($0)" }
    }
    if images.count != new.images.count {
      changes.append("images: \(images.count) become \(new.images.count)")
    }
    return changes
  }
}

extension Golden {
  private func stressChanges(to new: Golden) -> [String] {
    guard let old = stress, let found = new.stress else {
      return stress == new.stress
        ? [] : ["made-up cases: \(stress == nil ? "recorded now" : "no longer recorded")"]
    }
    guard old != found else { return [] }
    guard old.fed == found.fed, old.means.anchors.count == found.means.anchors.count,
      classCount == new.classCount
    else { return ["made-up cases: other maps"] }
    let moved = old.means.compare(with: found.means, tolerance: old.tolerance)
    guard moved.different > 0, let worst = moved.worst else {
      return ["made-up cases: numbers within the tolerance"]
    }
    return [
      "made-up cases: \(moved.different) weighted means, the furthest: \(worst.name) of \(worst) "
        + "from \(worst.original) to \(worst.patched)"
    ]
  }
}

extension RecordedImage {
  fileprivate func changes(to new: RecordedImage, labels: ClassNames?) -> [String] {
    var changes: [String] = []
    if sha256 != new.sha256 { changes.append("another picture") }
    if input != new.input { changes.append("another input, \(new.input.shape)") }
    guard layout == new.layout else { return changes + ["other grids of cells"] }
    if tolerance != new.tolerance {
      changes.append(
        "tolerance: \(tolerance.boxPx) px and \(tolerance.score) become \(new.tolerance.boxPx) px "
          + "and \(new.tolerance.score)")
    }
    changes += candidateChanges(to: new, labels)
    let objects = [self, new].map { $0.detections.map { [$0.object.cell] } }
    if objects[0] != objects[1] {
      changes.append("detections: \(objects[0].count) become \(objects[1].count), or others")
    }
    let moved = statistics.compare(with: new.statistics, tolerance: tolerance)
    if moved.different > 0, let worst = moved.worst {
      changes.append(
        "\(moved.different) statistics over all cells, the furthest: \(worst.name) of \(worst) "
          + "from \(worst.original) to \(worst.patched)")
    }
    if changes.isEmpty, self != new { changes.append("numbers within the tolerance") }
    return changes
  }

  private func candidateChanges(to new: RecordedImage, _ labels: ClassNames?) -> [String] {
    func text(_ candidate: RecordedCandidate) -> String {
      let index = candidate.candidate.classIndex
      return "\(labels?[index] ?? "class \(index)") \(candidate.candidate.score)"
    }
    let old = Dictionary(uniqueKeysWithValues: candidates.map { ($0.cell, $0) })
    let found = Dictionary(uniqueKeysWithValues: new.candidates.map { ($0.cell, $0) })
    var changes: [String] = []
    var within = 0
    for cell in Set(old.keys).union(found.keys).sorted() {
      switch (old[cell], found[cell]) {
      case (let a?, nil): changes.append("gone: \(layout[cell]), \(text(a))")
      case (nil, let b?): changes.append("new: \(layout[cell]), \(text(b))")
      case (let a?, let b?) where a != b:
        let apart = a.candidate.boxInNetworkPixels.largestDifference(
          from: b.candidate.boxInNetworkPixels)
        let isWithin =
          apart <= tolerance.boxPx && a.candidate.classIndex == b.candidate.classIndex
          && abs(a.candidate.score - b.candidate.score) <= tolerance.score
        if isWithin {
          within += 1
        } else {
          changes.append(
            "moved: \(layout[cell]), \(text(a)) becomes \(text(b)), box by "
              + "\(Figure(apart).text) px")
        }
      default: break
      }
    }
    if within > 0 { changes.append("\(within) candidates within the tolerance") }
    return changes
  }
}
