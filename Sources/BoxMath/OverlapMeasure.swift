/// How non-maximum suppression measures the overlap of two boxes.
public enum OverlapMeasure: Sendable, Equatable {
  /// Intersection over union of the boxes as they stand (Ultralytics, torchvision).
  case area
  /// Intersection over union of the boxes with their corners put in order (`EfficientNMS_TRT`,
  /// ONNX `NonMaxSuppression`, `BatchedNMS_TRT` with `isNormalized`).
  case orderedArea
  /// Corners put in order and taken for pixels that belong to the box, so that a width is one more
  /// than the difference (`BatchedNMS_TRT` without `isNormalized`, `allClassNMS.cu`).
  ///
  /// - countsInIntersection: whether that holds for the intersection as well (`caffeSemantics`), and
  ///   not for the boxes' own areas alone. Boxes that do not touch then share one pixel.
  case pixels(countsInIntersection: Bool)

  @inlinable public func callAsFunction(_ a: Box, _ b: Box) -> Float {
    switch self {
    case .area: a.intersectionOverUnion(with: b)
    case .orderedArea: a.ordered.intersectionOverUnion(with: b.ordered)
    case .pixels(let countsInIntersection):
      a.ordered.pixelOverlap(with: b.ordered, countsInIntersection: countsInIntersection)
    }
  }
}

extension Box {
  /// The box with its lower coordinates first.
  @inlinable var ordered: Box {
    Box(x1: min(x1, x2), y1: min(y1, y2), x2: max(x1, x2), y2: max(y1, y2))
  }

  @inlinable var areaInPixels: Float { (x2 - x1 + 1) * (y2 - y1 + 1) }

  /// The pixels two boxes with ordered corners share over those they cover together.
  @inlinable func pixelOverlap(with other: Box, countsInIntersection: Bool) -> Float {
    let areApart = other.x1 > x2 || other.x2 < x1 || other.y1 > y2 || other.y2 < y1
    let border: Float = countsInIntersection ? 1 : 0
    let width = (areApart ? 0 : min(x2, other.x2) - max(x1, other.x1)) + border
    let height = (areApart ? 0 : min(y2, other.y2) - max(y1, other.y1)) + border
    guard width > 0, height > 0 else { return 0 }
    let intersection = width * height
    return intersection / (areaInPixels + other.areaInPixels - intersection)
  }
}
