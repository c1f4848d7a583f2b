import Detection
import FoundationEssentials
import Tensors

/// An image that is to be recorded.
struct GoldenInput {
  /// Of its file.
  let path: String
  let sha256: String
  /// What the graph is fed.
  let tensor: Tensor
  /// What is recorded of it: float32 `[1,3,H,W]` for a picture.
  let canonical: Tensor
  let imageCount: Int
  /// Where the picture lies in it; `nil` for a tensor.
  let placement: Placement?
}

/// Makes a record, image after image.
struct GoldenRecorder {
  private static let seed = 1

  private let file: String
  private let options: ComparisonOptions
  private let sizing: InputSizing
  private var reader: GraphReader
  private var images: [RecordedImage] = []
  private var archive = TensorArchive()
  private var first: (reading: GraphReading, tensor: Tensor)?
  private var meter = NoiseMeter()
  private(set) var notes: [String] = []
  private var scoring = Cells.Scoring.objectnessAndClasses

  init(_ model: LoadedModel, to file: String, options: ComparisonOptions) throws {
    self.file = file
    self.options = options
    reader = try GraphReader(model, threads: options.threads)
    sizing = try InputSizing(Pair(both: model), Pair(both: reader.input), options.inputSize)
    try sizing.check(options.inputSize)
  }

  /// - Parameters:
  ///   - decode: how to decode head maps.
  ///   - expectedClasses: how many classes there are, where the graph may not tell.
  mutating func add(
    _ source: ImageSource, decode: DecodeGeometry? = nil, expectedClasses: Int? = nil
  ) throws {
    let image = try source.prepared(
      for: Pair(both: reader.input), sizing, options.preprocessing)
    let canonical =
      image.placement == nil
      ? image
      : try source.prepared(
        for: Pair(both: reader.input.canonical), sizing, options.preprocessing)
    try add(
      GoldenInput(
        path: source.name, sha256: sha256(ofFile: source.name), tensor: image.tensors.original,
        canonical: canonical.tensors.original, imageCount: image.imageCount,
        placement: image.placement), decode: decode, expectedClasses: expectedClasses)
  }

  mutating func add(
    _ image: GoldenInput, decode: DecodeGeometry?, expectedClasses: Int?
  ) throws {
    let (path, canonical) = (image.path, image.canonical)
    let reading = try reader.read(
      image.tensor, expectedClasses: expectedClasses, decode: decode)
    if let difference = reading.graph.ending.differences.first {
      throw GoldenError("\(reader.model.path): \(difference)")
    }
    first = first ?? (reading, image.tensor)
    let noise = noise(of: reading, fed: image)
    archive.entries.append(
      TensorArchive.Entry(name: GoldenInputs.entryName(images.count), tensor: canonical))
    let input = RecordedInput(
      shape: canonical.shape.dimensions,
      sha256: canonical.withUnsafeBytes { SHA256.hexDigest(of: $0) }, placement: image.placement)
    let frame = ImageFrame(
      placement: image.placement, networkHeight: input.shape[2], networkWidth: input.shape[3])
    for index in 0..<image.imageCount {
      let side = try reading.side(of: index)
      scoring = side.cells.scoring
      let derived = [false, true].map {
        Rounding(sharesNetwork: $0, precision: reading.graph.precision)
          .tolerance(of: reading.graph.geometry!, input: canonical.shape)
      }
      let tolerance =
        (noise?[index].tolerance(derived: derived[0], tail: derived[1]) ?? derived[0])
        .overridden(by: options)
      do {
        images.append(
          try RecordedImage(
            side, path: path.relative(to: file), sha256: image.sha256,
            batchIndex: image.placement == nil ? index : nil, input: input, frame: frame,
            thresholds: thresholds(reading.graph.ending), tolerance: tolerance,
            noise: noise?[index],
            seed: Self.seed))
      } catch {
        throw GoldenError("\(reader.model.path) on \(path): \(error)")
      }
    }
  }

  private mutating func noise(
    of reading: GraphReading, fed image: GoldenInput
  ) -> [RecordedNoise]? {
    do {
      return try meter.noise(
        of: reading, fed: image.tensor, imageCount: image.imageCount, on: reader.team)
    } catch {
      note("the noise floor could not be measured: \(error)")
      return nil
    }
  }

  private mutating func note(_ note: String) {
    if !notes.contains(note) { notes.append(note) }
  }

  private func thresholds(_ ending: Ending) -> RecordedThresholds {
    var plugin = ending.ownRule?.threshold
    // What an NMS plugin lets through below the confidence is many cells and nothing that is asked for.
    if ending.suppression != nil, let threshold = plugin, threshold <= options.confidence {
      plugin = nil
    }
    return RecordedThresholds(
      confidence: options.confidence, iou: options.iou,
      maximumDetections: options.maximumDetections, plugin: plugin)
  }

  /// The record of all images added.
  mutating func recording(
    sha256: String, embedding: Bool
  ) throws(GoldenError) -> GoldenRecording {
    guard let graph = first?.reading.graph, let classCount = graph.ending.classCount else {
      throw GoldenError("\(reader.model.path): it tells no classes")
    }
    let names = ClassNames(metadata: reader.model.model.metadata)
    let archiveName = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent + ".npz"
    let golden = Golden(
      tool: "verify-patch \(Release.version)",
      model: RecordedModel(
        path: reader.model.path.relative(to: file), sha256: sha256, form: graph.ending.form,
        precision: graph.precision),
      classNames: (0..<classCount).map { names?[$0] },
      decode: RecordedDecode(scoring: scoring, scales: graph.geometry?.scales),
      preprocessing: RecordedPreprocessing(
        options.preprocessing, rectangularStride: sizing.size == nil ? sizing.stride : nil),
      thresholds: thresholds(graph.ending),
      suppression: RecordedSuppression(graph.ending, in: reader.model.model.graph),
      seed: Self.seed,
      inputs: embedding ? archiveName : nil, stress: stress(), images: images)
    return GoldenRecording(golden: golden, notes: notes, inputs: embedding ? archive : nil)
  }

  private mutating func stress() -> RecordedStress? {
    guard options.stressCases > 0, let (reading, tensor) = first else { return nil }
    do {
      return try RecordedStress(
        of: reading, fed: tensor, thresholds: thresholds(reading.graph.ending), options,
        on: reader.team)
    } catch {
      note("the graph's end was not fed made-up maps: \(error)")
      return nil
    }
  }
}

extension String {
  /// A file's path from the folder of another file.
  fileprivate func relative(to file: String) -> String {
    let target = URL(fileURLWithPath: self).standardizedFileURL.pathComponents
    let folder = URL(fileURLWithPath: file).standardizedFileURL.deletingLastPathComponent()
      .pathComponents
    let common = zip(target, folder).prefix { $0 == $1 }.count
    return (folder[common...].map { _ in ".." } + target[common...]).joined(separator: "/")
  }
}
