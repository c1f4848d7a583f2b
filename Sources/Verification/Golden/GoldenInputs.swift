import Detection
import FoundationEssentials
import Tensors

/// Where the images of a record come from when it is checked.
struct GoldenInputs {
  private let golden: Golden
  /// The folder of the record.
  private let folder: String
  /// A folder that holds the images by their file names; `nil` for the recorded places.
  private let imageFolder: String?
  private let archive: TensorArchive?

  /// - Throws: when the embedded inputs are to be used and cannot be read.
  init(_ golden: Golden, file: String, imageFolder: String?) throws(Refusal) {
    self.golden = golden
    self.imageFolder = imageFolder
    folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    guard imageFolder == nil, let inputs = golden.inputs else {
      archive = nil
      return
    }
    guard !inputs.contains("/") else {
      throw Refusal(
        "the record's embedded inputs are '\(shown: inputs)', expected a file beside it")
    }
    do {
      archive = try TensorArchive(contentsOfFile: "\(folder)/\(inputs)")
    } catch {
      throw Refusal("\(error): the record's embedded inputs; give --images to use the photographs")
    }
  }

  /// The file of an image.
  func path(of image: RecordedImage) -> String {
    if let imageFolder {
      return "\(imageFolder)/\(URL(fileURLWithPath: image.path).lastPathComponent)"
    }
    return URL(fileURLWithPath: image.path, relativeTo: URL(fileURLWithPath: folder + "/"))
      .standardizedFileURL.path
  }

  /// The name of an image's tensor in the archive of embedded inputs.
  static func entryName(_ index: Int) -> String { "image\(index)" }

  /// An image as a graph takes it.
  ///
  /// - Parameter index: the image's place in the record.
  /// - Throws: what has changed since it was recorded: the image, how it is prepared, or the size
  ///   the graph takes.
  func tensor(_ index: Int, for reader: GraphReader) throws(Refusal) -> Tensor {
    let image = golden.images[index]
    let (model, input) = (reader.model, reader.input)
    let size = (height: image.input.shape[2], width: image.input.shape[3])
    if image.batchIndex == nil {
      guard input.height ?? size.height == size.height, input.width ?? size.width == size.width
      else {
        throw Refusal(
          "\(image.path): recorded at \(size.height)x\(size.width), but \(model.path) takes "
            + "\(input.sizeText); export it for that size, or record again")
      }
    }
    if let archive { return try embedded(index, archive, for: input) }
    let source = try unchangedFile(image)
    let stride = golden.preprocessing.rectangularStride
    let sizing = InputSizing(stride == nil ? size : nil, stride: stride ?? 32, model, input)
    let preprocessing = golden.preprocessing.preprocessing
    let canonical = try source.prepared(
      for: Pair(both: input.canonical), sizing, preprocessing
    ).tensors.original
    try check(canonical, of: image, "the preprocessing")
    guard image.batchIndex == nil else { return canonical }
    return try source.prepared(for: Pair(both: input), sizing, preprocessing).tensors.original
  }

  /// An image of which the input is stored beside the record, to be recorded again; `nil` where
  /// it is not.
  func stored(_ index: Int, for reader: GraphReader) throws(Refusal) -> GoldenInput? {
    guard let archive, let canonical = archive[Self.entryName(index)] else { return nil }
    let image = golden.images[index]
    return GoldenInput(
      path: path(of: image), sha256: image.sha256, tensor: try tensor(index, for: reader),
      canonical: canonical, imageCount: image.batchIndex == nil ? 1 : canonical.shape[0],
      placement: image.input.placement)
  }

  private func unchangedFile(_ image: RecordedImage) throws(Refusal) -> ImageSource {
    let path = path(of: image)
    // A record may come from anyone: only regular files are read for it, and nothing is said of a file
    // that is another than the recorded one.
    guard let file = try? MappedFile(path: path) else {
      throw Refusal(
        "\(image.path): no such image at \(path): give --images DIR, or record with --embed-inputs")
    }
    let found = withExtendedLifetime(file) { SHA256.hexDigest(of: file.bytes) }
    guard found == image.sha256 else {
      throw Refusal(
        "\(image.path): the image has changed: the file at \(path) is not the recorded one; restore it, "
          + "or record again")
    }
    return .file(path)
  }

  private func embedded(
    _ index: Int, _ archive: TensorArchive, for input: ImageInput
  ) throws(Refusal) -> Tensor {
    let image = golden.images[index]
    // All images of one file share its tensor.
    let first = golden.images.firstIndex { $0.path == image.path } ?? index
    guard let tensor = archive[Self.entryName(first)] else {
      throw Refusal(
        "\(image.path): no tensor '\(shown: Self.entryName(first))' in \(golden.inputs ?? "")")
    }
    try check(tensor, of: image, "the embedded input")
    guard image.batchIndex == nil else { return tensor }
    return try tensor.fed(to: input, scale: golden.preprocessing.scale, name: image.path)
  }

  private func check(
    _ tensor: Tensor, of image: RecordedImage, _ what: String
  ) throws(Refusal) {
    let digest = tensor.withUnsafeBytes { SHA256.hexDigest(of: $0) }
    guard tensor.shape.dimensions == image.input.shape, digest == image.input.sha256 else {
      throw Refusal(
        "\(image.path): \(what) has changed: it gives \(tensor.shape) with SHA-256 "
          + "\(digest.prefix(12))…, recorded \(image.input.shape) \(image.input.sha256.prefix(12))…"
      )
    }
  }
}

extension RecordedPreprocessing {
  init(_ preprocessing: Preprocessing, rectangularStride: Int?) {
    resize = preprocessing.resize
    channels = preprocessing.channels
    scale = preprocessing.scale
    pad = preprocessing.pad
    self.rectangularStride = rectangularStride
  }

  var preprocessing: Preprocessing {
    var preprocessing = Preprocessing()
    preprocessing.resize = resize
    preprocessing.channels = channels
    preprocessing.scale = scale
    preprocessing.pad = pad
    return preprocessing
  }
}
