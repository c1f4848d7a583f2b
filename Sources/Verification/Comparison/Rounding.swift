import Detection
import Tensors

/// How far apart two right graphs may be, from the rounding of their arithmetic.
///
/// **Graphs that differ in their tails only.** When every node that accumulates is proven identical,
/// both tails start from the same bits and only their own few operations round. With u half a unit
/// in the last place (2^-24 in float32), S the larger side of the network's input and E the longest
/// side a box can have (four times the largest anchor's):
///
/// - A centre `(2s - 0.5 + cell) * stride` reaches half a stride beyond the input. It takes at most
///   three roundings of such values in one graph and two in another, and in each one of a value
///   below two cells: 5 u (S + stride/2) + 3 u stride.
/// - Half a width `(2s)^2 * anchor / 2` takes a power (1 ulp, 2 u) and a product in one graph, two
///   products in another: 5 u E/2.
/// - A corner, at most S + stride/2 + E/2 from 0, is rounded once in each.
///
/// These hold for every sigmoid from 0 to 1. With M = max(S, E/2) the sum, 7 u S + 6.5 u stride +
/// 7 u E/2, is below 16 u M where M has more than three strides. For YOLOv5 at 640 pixels
/// (E/2 = 746) that is 7.1e-4 px.
/// Probabilities are at most 1 and take a handful of operations: 16 u = 9.5e-7.
///
/// **Graphs that differ before their tails** (folded batch normalisation, another order of the same
/// operations) carry the noise of some sixty convolutions on their logits: about 1e-5 between
/// independent float32 runtimes. With n = 3e-5, three times that:
///
/// - A sigmoid's slope is at most 1/4, so a centre moves by at most stride/2 * n.
/// - Half a width moves by `4 * anchor * s^2 (1-s) * n`, at most E * 4/27 * n.
/// - A product of two probabilities moves by at most 8/27 n, taken as n/3: 1e-5.
/// - A tensor's element moves by n, or n times its magnitude where that is above 1.
///
/// Where both graphs compute in a narrower type its u takes the place of float32's.
package struct Rounding: Sendable {
  /// Half a unit in the last place of 1.
  private let unit: Double
  /// Whether the graphs differ in their tails only.
  private let tailsOnly: Bool

  /// - Parameters:
  ///   - sharesNetwork: whether every node that accumulates is proven identical.
  ///   - precision: the narrowest type both graphs compute in.
  package init(sharesNetwork: Bool, precision: ElementType = .float32) {
    tailsOnly = sharesNetwork
    unit =
      switch precision {
      case .float16: 0x1p-11
      case .bfloat16: 0x1p-8
      default: 0x1p-24
      }
  }

  /// The noise of a network on its logits.
  private var noise: Double { 503 * unit }

  /// - Parameters:
  ///   - networkSide: the larger side of the network's input, in pixels.
  ///   - largestAnchor: the largest side of an anchor, in pixels; half the network's side is taken
  ///     where it is not known.
  ///   - largestStride: pixels per cell of the coarsest scale.
  package func detectionTolerance(
    networkSide: Double, largestAnchor: Double?, largestStride: Double
  ) -> DetectionTolerance {
    let extent = 4 * (largestAnchor ?? networkSide / 2)
    let magnitude = max(networkSide, extent / 2)
    let rounding = 16 * unit
    guard !tailsOnly else {
      return DetectionTolerance(boxPx: Float(rounding * magnitude), score: Float(rounding))
    }
    return DetectionTolerance(
      boxPx: Float(rounding * magnitude + noise * (largestStride / 2 + extent * 4 / 27)),
      score: Float(noise / 3))
  }

  /// The tolerance of boxes and scores that a graph decodes like this.
  ///
  /// - Parameter input: the shape of the network's input.
  func tolerance(of geometry: DecodeGeometry, input: Shape) -> DetectionTolerance {
    let scales = geometry.scales
    let anchors = scales?.flatMap { $0.anchors.flatMap { [$0.width, $0.height] } } ?? []
    let strides = scales?.flatMap { [$0.strideX, $0.strideY] } ?? []
    return detectionTolerance(
      networkSide: Double(input.dropFirst().max() ?? 0),
      largestAnchor: anchors.max().map(Double.init), largestStride: strides.max() ?? 32)
  }

  /// For an element of a tensor: absolute up to a magnitude of 1, relative above.
  package var tensorTolerance: Double { tailsOnly ? 16 * unit : noise }
}
