import Detection

/// The height and width of the network's input, from the graphs and the options.
struct InputSizing {
  /// Longer side where neither graph nor option says otherwise.
  static let defaultSide = 640

  /// The size that a graph has of its own or an option asks for; `nil` for one that goes by the
  /// image.
  let size: (height: Int, width: Int)?
  /// What height and width must be multiples of.
  let stride: Int
  private let inputs: Pair<ImageInput>
  private let paths: Pair<String>

  /// - Throws: when the graphs take images of different sizes.
  init(
    _ models: Pair<LoadedModel>, _ inputs: Pair<ImageInput>, _ option: InputSize?
  ) throws(Refusal) {
    self.inputs = inputs
    paths = models.map(\.path)
    stride = models.both.compactMap(\.stride).max() ?? 32
    let height = inputs.original.height ?? inputs.patched.height
    let width = inputs.original.width ?? inputs.patched.width
    for (path, input) in paths.with(inputs).both {
      guard input.height ?? height == height, input.width ?? width == width else {
        throw Refusal(
          "\(path) takes images of \(input.sizeText), \(paths.original) of "
            + "\(inputs.original.sizeText); export both for one size")
      }
    }
    switch option {
    case .fixed(let height, let width)?: size = (height, width)
    case .rectangular?: size = nil
    case nil: size = (height ?? Self.defaultSide, width ?? Self.defaultSide)
    }
  }

  /// A given size, or as small as each image allows in multiples of the stride.
  init(
    _ size: (height: Int, width: Int)?, stride: Int, _ model: LoadedModel, _ input: ImageInput
  ) {
    self.size = size
    self.stride = stride
    inputs = Pair(both: input)
    paths = Pair(both: model.path)
  }

  private init(_ other: InputSizing, size: (height: Int, width: Int)) {
    self.size = size
    stride = other.stride
    inputs = other.inputs
    paths = other.paths
  }

  /// The same for another size.
  func of(height: Int, width: Int) -> InputSizing {
    InputSizing(self, size: (height, width))
  }

  /// - Throws: when an option asks for what the graphs do not allow.
  func check(_ option: InputSize?) throws(UsageError) {
    guard let option else { return }
    let title = option == .rectangular ? "--rectangular" : "--input-size"
    for (path, input) in paths.with(inputs).both where !input.hasOpenSize {
      throw UsageError(
        "\(title) is for graphs with dynamic height and width, but \(path) takes "
          + "\(input.sizeText); leave the option out or export with dynamic axes")
    }
    if case .fixed(let height, let width) = option,
      height % stride != 0 || width % stride != 0
    {
      throw UsageError(
        "--input-size is \(height)x\(width), expected multiples of the graphs' stride \(stride)")
    }
  }
}

extension ImageInput {
  /// Height and width as messages say it.
  var sizeText: String { "\(height.map(String.init) ?? "any")x\(width.map(String.init) ?? "any")" }
}

extension LoadedModel {
  /// The stride that the metadata names.
  fileprivate var stride: Int? {
    model.metadata["stride"].flatMap { Int($0) }.flatMap { (1...1024).contains($0) ? $0 : nil }
  }
}
