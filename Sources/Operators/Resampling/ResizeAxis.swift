import Tensors

/// One axis of a resized tensor.
struct ResizeAxis: Sendable {
  enum Scale: Sendable {
    case given(Float)
    /// A length and what it was before.
    case ratio(Int, Int)
  }

  let input: Int
  let output: Int
  let scale: Scale
  /// The part of the input that is read, in units of its length less one.
  var region: (start: Float, end: Float) = (0, 1)

  func scale<T: BinaryFloatingPoint>(as _: T.Type) -> T {
    switch scale {
    case .given(let value): T(value)
    case .ratio(let length, let before): T(length) / T(before)
    }
  }

  var isWhole: Bool { region.start == 0 && region.end == 1 }
}

/// Where along an axis of the input an output element lies (attribute
/// `coordinate_transformation_mode`).
enum CoordinateMode: String, CaseIterable {
  case halfPixel = "half_pixel"
  case halfPixelSymmetric = "half_pixel_symmetric"
  case pytorchHalfPixel = "pytorch_half_pixel"
  case alignCorners = "align_corners"
  case asymmetric
  case tfHalfPixelForNN = "tf_half_pixel_for_nn"
  case tfCropAndResize = "tf_crop_and_resize"

  /// The input coordinate of output element `index`, with as many roundings as in ONNX Runtime.
  func coordinate<T: BinaryFloatingPoint>(of index: Int, along axis: ResizeAxis) -> T {
    let x = T(index)
    let scale = axis.scale(as: T.self)
    let input = T(axis.input)
    let output = T(axis.output)
    switch self {
    case .halfPixel: return (x + 0.5) / scale - 0.5
    case .halfPixelSymmetric:
      let offset = input / 2 * (1 - output / (scale * input))
      return T(Double(offset) + (Double(x) + 0.5) / Double(scale) - 0.5)
    case .pytorchHalfPixel: return output > 1 ? (x + 0.5) / scale - 0.5 : 0
    case .alignCorners: return output > 1 ? x * (input - 1) / (output - 1) : 0
    case .asymmetric: return x / scale
    case .tfHalfPixelForNN: return (x + 0.5) / scale
    case .tfCropAndResize:
      let (start, end) = (T(axis.region.start), T(axis.region.end))
      return output > 1
        ? start * (input - 1) + x * (end - start) * (input - 1) / (output - 1)
        : 0.5 * (start + end) * (input - 1)
    }
  }
}

/// Which element is nearest to a coordinate (attribute `nearest_mode`).
enum NearestMode: String, CaseIterable {
  case roundPreferFloor = "round_prefer_floor"
  case roundPreferCeil = "round_prefer_ceil"
  case floor
  case ceil

  /// What ONNX Runtime takes for a tie, so that the rounding of a scale decides nothing.
  private static let tieTolerance: Float = 1e-6

  func round(_ coordinate: Float) -> Float {
    let lower = coordinate.rounded(.down)
    let fraction = coordinate - lower
    let isTie = abs(fraction - 0.5) <= Self.tieTolerance
    return switch self {
    case .floor: lower
    case .ceil: coordinate.rounded(.up)
    case .roundPreferFloor: isTie || fraction < 0.5 ? lower : lower + 1
    case .roundPreferCeil: isTie || fraction > 0.5 ? lower + 1 : lower
    }
  }
}
