import BoxMath
import Detection
import Images
import Interpreter
import Tensors

/// Where an image comes from.
package enum ImageSource: Sendable {
  /// A JPEG, a PNG or an `.npy` tensor.
  case file(String)
  /// A tensor that is fed as it is.
  case tensor(Tensor, name: String)
  /// Pictures that are fed as a batch.
  case pictures([Image], name: String)

  /// How reports call it.
  package var name: String {
    switch self {
    case .file(let path): path
    case .tensor(_, let name), .pictures(_, let name): name
    }
  }
}

/// An image as each graph is fed it.
struct PreparedImage {
  let tensors: Pair<Tensor>
  /// How many images of the batch are of their own; a picture fills a batch by being repeated.
  let imageCount: Int
  /// Where the picture lies in the network's input; `nil` for a tensor.
  let placement: Placement?
  /// The original's.
  let input: ImageInput

  var frame: ImageFrame {
    let size = input.size(of: tensors.original.shape)
    return ImageFrame(
      placement: placement, networkHeight: size.height, networkWidth: size.width)
  }
}

/// Where a picture lies in the network's input.
struct ImageFrame: Sendable, Equatable {
  /// `nil` for a tensor.
  let placement: Placement?
  let networkHeight: Int
  let networkWidth: Int

  /// A box in pixels of the picture, clipped to it; of the network's input, for a tensor.
  func boxInSourcePixels(_ box: Box) -> Box {
    if let placement { return placement.boxInSourcePixels(box) }
    func clipped(_ value: Float, _ limit: Int) -> Float { min(max(value, 0), Float(limit)) }
    return Box(
      x1: clipped(box.x1, networkWidth), y1: clipped(box.y1, networkHeight),
      x2: clipped(box.x2, networkWidth), y2: clipped(box.y2, networkHeight))
  }
}

extension ImageSource {
  /// The image as the graphs' inputs take it; once for both where they take the same.
  ///
  /// - Parameter batches: how many of several pictures each graph is fed, the last ones.
  func prepared(
    for inputs: Pair<ImageInput>, _ sizing: InputSizing, _ preprocessing: Preprocessing,
    batches fixed: Pair<Int>? = nil
  ) throws(Refusal) -> PreparedImage {
    try prepared(for: inputs, sizing, Pair(both: preprocessing), batches: fixed)
  }

  /// The image as each graph's input takes it, prepared for each as it is to be.
  func prepared(
    for inputs: Pair<ImageInput>, _ sizing: InputSizing, _ preprocessing: Pair<Preprocessing>,
    batches fixed: Pair<Int>? = nil
  ) throws(Refusal) -> PreparedImage {
    let picture: Image
    switch try content() {
    case .pictures(let pictures):
      let counts = fixed ?? Pair(both: pictures.count)
      let tensors = try inputs.with(counts).with(preprocessing).map { (side) throws(Refusal) in
        let ((input, count), preprocessing) = side
        return Tensor(
          batch: try pictures.suffix(count).map { (picture) throws(Refusal) in
            try prepare(picture, for: input, batch: 1, sizing, preprocessing).tensor
          })
      }
      return PreparedImage(
        tensors: tensors, imageCount: pictures.count, placement: nil, input: inputs.original)
    case .tensor(let tensor):
      return PreparedImage(
        tensors: Pair(original: tensor, patched: tensor), imageCount: tensor.shape[0],
        placement: nil, input: inputs.original)
    case .picture(let decoded): picture = decoded
    }
    let batches = inputs.batches
    let original = try prepare(
      picture, for: inputs.original, batch: batches.original, sizing, preprocessing.original)
    let patched =
      inputs.takesTheSame && preprocessing.original == preprocessing.patched
      ? original
      : try prepare(
        picture, for: inputs.patched, batch: batches.patched, sizing, preprocessing.patched)
    return PreparedImage(
      tensors: Pair(original: original.tensor, patched: patched.tensor), imageCount: 1,
      placement: original.placement, input: inputs.original)
  }

  private enum Content {
    case picture(Image)
    case pictures([Image])
    case tensor(Tensor)
  }

  private func content() throws(Refusal) -> Content {
    switch self {
    case .tensor(let tensor, _): return .tensor(tensor)
    case .pictures(let pictures, _): return .pictures(pictures)
    case .file(let path):
      do {
        guard path.lowercased().hasSuffix(".npy") else {
          return .picture(try Image(contentsOfFile: path))
        }
        let tensor = try Tensor(npyFile: path)
        guard tensor.shape.rank == 4, tensor.shape.elementCount > 0 else {
          throw Refusal("\(path): shape \(tensor.shape), expected [N,3,H,W] as the graphs take it")
        }
        return .tensor(tensor)
      } catch let refusal as Refusal {
        throw refusal
      } catch {
        throw Refusal("\(error)")
      }
    }
  }

  private func prepare(
    _ picture: Image, for input: ImageInput, batch: Int, _ sizing: InputSizing,
    _ preprocessing: Preprocessing
  ) throws(Refusal) -> (tensor: Tensor, placement: Placement) {
    var preprocessing = preprocessing
    if sizing.size == nil { preprocessing.rectangularStride = sizing.stride }
    let side = InputSizing.defaultSide
    let (height, width) = sizing.size ?? (side, side)
    do {
      let (tensor, placement) = try preprocessing.prepare(
        picture, width: width, height: height, as: input.elementType,
        layout: input.layout == .channelsFirst ? .nchw : .nhwc, channelCount: input.channels)
      let limit = max(RunLimits().memory / tensor.byteCount, 1)
      guard (1...limit).contains(batch) else {
        throw Refusal("the batch is \(batch) images, expected 1 to \(limit); export another")
      }
      return (tensor.repeated(batch), placement)
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw Refusal("\(name): \(error)")
    }
  }
}

extension Pair<ImageInput> {
  /// Whether both graphs are fed one tensor.
  var takesTheSame: Bool { original.takesTheSame(as: patched) }

  /// How often each graph is fed a picture.
  fileprivate var batches: Pair<Int> {
    takesTheSame
      ? Pair<Int>(both: original.batch ?? patched.batch ?? 1) : map { $0.batch ?? 1 }
  }

  /// What pictures will be fed as; `nil` where that goes by the picture, or it may not fit at all.
  func pictures(_ sizing: InputSizing) -> Pair<ResolvedGraph.Description>? {
    guard let (height, width) = sizing.size else { return nil }
    let pictures = with(batches).map { input, batch in
      let dimensions = input.dimensions(batch: batch, height: height, width: width)
      return (try? Shape(validating: dimensions)).flatMap {
        (1...Preprocessing.maximumPixelCount).contains($0.elementCount)
          ? ResolvedGraph.Description(input.elementType, $0) : nil
      }
    }
    guard let original = pictures.original, let patched = pictures.patched else { return nil }
    return Pair<ResolvedGraph.Description>(original: original, patched: patched)
  }
}

extension Tensor {
  /// Batches of one type and of images of one shape as one batch.
  init(batch images: [Tensor]) {
    guard images.count > 1 else {
      self = images[0]
      return
    }
    let batch = MutableTensor(
      elementType: images[0].elementType,
      shape: Shape([images.reduce(0) { $0 + $1.shape[0] }] + images[0].shape.dropFirst()))
    var place = 0
    for image in images {
      image.withUnsafeBytes { bytes in
        UnsafeMutableRawBufferPointer(
          rebasing: batch.unsafeBytes[place..<place + bytes.count]
        ).copyMemory(from: bytes)
        place += bytes.count
      }
    }
    self = batch.tensor
  }

  /// A batch of one image as a batch of `count` times the same.
  func repeated(_ count: Int) -> Tensor {
    guard count != 1, shape.first == 1 else { return self }
    let batch = MutableTensor(
      elementType: elementType, shape: Shape([count] + shape.dropFirst()))
    withUnsafeBytes { image in
      for index in 0..<count {
        UnsafeMutableRawBufferPointer(
          rebasing: batch.unsafeBytes[index * image.count..<(index + 1) * image.count]
        ).copyMemory(from: image)
      }
    }
    return batch.tensor
  }
}
