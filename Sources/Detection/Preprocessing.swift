import Images
import Tensors

/// How a picture becomes a network's input.
public struct Preprocessing: Sendable, Equatable {
  public enum Resize: String, Sendable, Codable, CaseIterable {
    /// Scaled in proportion and padded to the network's size.
    case letterbox
    /// Scaled to the network's size, whatever that does to the proportions.
    case stretch
  }

  public enum ChannelOrder: String, Sendable, Codable, CaseIterable {
    case rgb, bgr
  }

  /// The order of the axes: batch (N), channel (C), row (H), column (W).
  public enum Layout: String, Sendable, CaseIterable {
    case nchw, nhwc
  }

  public var resize: Resize = .letterbox
  public var channels: ChannelOrder = .rgb
  /// What samples of 0 to 255 are multiplied by. A network that takes uint8 gets them as they are.
  public var scale = 1.0 / 255
  /// The sample the padding of a letterbox is made of.
  public var pad: UInt8 = 114
  /// With a stride, a letterbox pads only up to the next multiples of it (Ultralytics'
  /// rectangular inference); without one, to the whole size.
  public var rectangularStride: Int?

  public init() {}

  /// The most pixels a network's input may have.
  package static let maximumPixelCount = 1 << 25
}

extension Preprocessing {
  /// Makes a network's input of one picture.
  ///
  /// The samples are scaled in double precision and rounded once, which for 1/255 gives the bits of
  /// NumPy's `image.astype(float32) / 255`.
  ///
  /// - Parameters:
  ///   - width: columns of the network's input, at most these with a ``rectangularStride``
  ///   - height: its rows, likewise
  ///   - elementType: uint8, float16, float32 or float64
  ///   - channelCount: 3, or 1 for grey
  /// - Returns: the tensor, `[1, C, H, W]` or `[1, H, W, C]`, and where the picture lies in it.
  /// - Throws: ``ImageError`` for a size or an element type no network's input has, or a picture so
  ///   thin that nothing of it would be left.
  public func prepare(
    _ image: Image, width: Int, height: Int, as elementType: ElementType = .float32,
    layout: Layout = .nchw, channelCount: Int = 3
  ) throws(ImageError) -> (tensor: Tensor, placement: Placement) {
    let placement = try placement(of: image, width: width, height: height)
    let image = channelCount == 1 ? image.grey : image
    let scaled = image.resized(width: placement.scaledWidth, height: placement.scaledHeight)
    let tensor =
      switch elementType {
      case .uint8: paint(scaled, at: placement, layout, channelCount) { $0 }
      case .float16:
        paint(scaled, at: placement, layout, channelCount) { Half(Float(Double($0) * scale)) }
      case .float32:
        paint(scaled, at: placement, layout, channelCount) { Float(Double($0) * scale) }
      case .float64: paint(scaled, at: placement, layout, channelCount) { Double($0) * scale }
      default:
        throw ImageError(
          "the network's input is \(elementType); a picture can be uint8, float16, float32 or"
            + " float64")
      }
    return (tensor, placement)
  }

  private func placement(
    of image: Image, width: Int, height: Int
  ) throws(ImageError) -> Placement {
    let limit = Preprocessing.maximumPixelCount
    let stride = rectangularStride ?? 1
    guard (1...limit).contains(width), (1...limit).contains(height), width * height <= limit,
      (1...min(width, height)).contains(stride)
    else {
      throw ImageError(
        "a network's input of \(width)x\(height) pixels and stride \(stride); expected at least"
          + " one stride each way and at most \(limit) pixels")
    }
    if resize == .stretch {
      return .stretch(
        sourceWidth: image.width, sourceHeight: image.height, networkWidth: width,
        networkHeight: height)
    }
    let placement = Placement.letterbox(
      sourceWidth: image.width, sourceHeight: image.height, frameWidth: width,
      frameHeight: height, stride: rectangularStride)
    guard placement.scaledWidth > 0, placement.scaledHeight > 0 else {
      throw ImageError(
        "a picture of \(image.width)x\(image.height) pixels is too thin for a letterbox of"
          + " \(width)x\(height); crop or stretch it")
    }
    return placement
  }

  /// A tensor of padding with the scaled picture in its place, each sample through `convert`.
  private func paint<T: Element>(
    _ image: Image, at placement: Placement, _ layout: Layout, _ channelCount: Int,
    _ convert: (UInt8) -> T
  ) -> Tensor {
    let converted = (UInt8.min...UInt8.max).map(convert)
    let (width, height) = (placement.networkWidth, placement.networkHeight)
    let isPlanar = layout == .nchw
    let shape: Shape =
      isPlanar ? [1, channelCount, height, width] : [1, height, width, channelCount]
    // Where a pixel's samples stand in the picture, for each run of them in the tensor.
    let samples = Array((channels == .rgb ? [0, 1, 2] : [2, 1, 0]).prefix(channelCount))
    let runs = isPlanar ? samples.map { [$0] } : [samples]
    let below = height - placement.top - image.height
    return image.pixels.withUnsafeBufferPointer { pixels in
      Tensor(T.self, shape: shape) { target in
        var place = 0
        func fill(_ pixelCount: Int, _ run: [Int]) {
          let end = place + pixelCount * run.count
          target[place..<end].initialize(repeating: converted[Int(pad)])
          place = end
        }
        for run in runs {
          fill(placement.top * width, run)
          for y in 0..<image.height {
            fill(placement.left, run)
            for (offset, sample) in run.enumerated() {
              var (from, to) = (y * image.width * 3 + sample, place + offset)
              for _ in 0..<image.width {
                target.initializeElement(at: to, to: converted[Int(pixels[from])])
                from += 3
                to += run.count
              }
            }
            place += image.width * run.count
            fill(width - placement.left - image.width, run)
          }
          fill(below * width, run)
        }
      }
    }
  }
}

extension Image {
  /// The picture in grey, in three equal channels: OpenCV's weights of 0.299, 0.587 and 0.114 in 14
  /// bits.
  fileprivate var grey: Image {
    var pixels = pixels
    for place in stride(from: 0, to: pixels.count - 2, by: 3) {
      let (red, green, blue) = (Int(pixels[place]), Int(pixels[place + 1]), Int(pixels[place + 2]))
      let grey = UInt8((red * 4899 + green * 9617 + blue * 1868 + 8192) >> 14)
      for channel in 0..<3 { pixels[place + channel] = grey }
    }
    return Image(width: width, height: height, pixels: pixels)
  }
}
