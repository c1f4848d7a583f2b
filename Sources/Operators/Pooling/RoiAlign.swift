import Kernels
import Tensors

/// `RoiAlign`: each region of a map resampled to one size: in every cell the mean (or, with `mode` max,
/// the largest weighted neighbour) of points read bilinearly; opsets 10, 16
/// (`coordinate_transformation_mode`), 22.
///
/// X `[N, C, H, W]`, regions `[R, 4]` as x1, y1, x2, y2, and for each region its image, int64 `[R]` →
/// `[R, C, output_height, output_width]`. Regions are scaled by `spatial_scale` and, unless
/// `output_half_pixel`, moved by half a pixel. The definition leaves `max` open: as in ONNX Runtime,
/// it is over each of the four neighbours times its weight.
enum RoiAlign: ArithmeticOperator {
  static let type = "RoiAlign"
  static let opsets = 10...newestOpset
  static let accumulates = true
  static let revisions: [Revision] = [16]

  private enum Coordinates: String, CaseIterable {
    case halfPixel = "half_pixel"
    case outputHalfPixel = "output_half_pixel"
  }

  fileprivate enum Mode: String, CaseIterable { case avg, max }

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(3...3)
    let x = try node.operand(0)
    let (regions, images) = try (node.operand(1), node.operand(2))
    guard x.shape.rank == 4, x.shape[2] > 0, x.shape[3] > 0, regions.shape.rank == 2,
      regions.shape[1] == 4,
      regions.elementType == x.elementType, images.elementType == .int64,
      images.shape == [regions.shape[0]]
    else {
      throw OperatorError(
        "inputs are \(x.elementType)\(x.shape), \(regions.elementType)\(regions.shape) and "
          + "\(images.elementType)\(images.shape), expected [N,C,H,W], [R,4] and int64 [R]")
    }
    var coordinates = Coordinates.outputHalfPixel
    if node.opset >= 16 {
      coordinates = try node.choice("coordinate_transformation_mode", default: .halfPixel)
    }
    let (height, width) = try (node.int("output_height") ?? 1, node.int("output_width") ?? 1)
    let samples = try node.int("sampling_ratio") ?? 0
    guard height > 0, width > 0, (0...1 << 12).contains(samples) else {
      throw OperatorError(
        "output \(height)x\(width) with sampling_ratio \(samples), expected sizes above 0 and a "
          + "ratio of 0 to \(1 << 12)")
    }
    return try Alignment(
      x: x.shape,
      shape: Shape(validating: [regions.shape[0], x.shape[1], height, width]),
      mode: node.choice("mode", default: .avg), scale: node.float("spatial_scale") ?? 1,
      samples: samples, movesByHalf: coordinates == .halfPixel
    ).node(for: x.elementType)
  }
}

/// A point of a map as the four elements around it and their weights.
private struct Corners<T: FloatingElement> {
  var offsets = (0, 0, 0, 0)
  var weights: (T, T, T, T) = (0, 0, 0, 0)

  /// Nothing for a point more than a pixel outside.
  init(y: T, x: T, height: Int, width: Int) {
    guard y >= -1, y <= T(height), x >= -1, x <= T(width) else { return }
    func split(_ place: T, _ length: Int) -> (Int, Int, T) {
      let inside = Swift.max(place, 0)
      let low = Int(inside)
      return low >= length - 1 ? (length - 1, length - 1, 0) : (low, low + 1, inside - T(low))
    }
    let (top, bottom, down) = split(y, height)
    let (left, right, across) = split(x, width)
    offsets = (
      top * width + left, top * width + right, bottom * width + left, bottom * width + right
    )
    weights = (
      (1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across
    )
  }
}

private struct Alignment: FloatingPreparation, Sendable {
  let x: Shape
  let shape: Shape
  let mode: RoiAlign.Mode
  let scale: Float
  /// Points along each side of a cell; as many as there are elements when 0.
  let samples: Int
  let movesByHalf: Bool

  func node<T: FloatingElement>(_: T.Type) -> PreparedNode {
    PreparedNode(T.elementType, shape) { run in
      let regions = run.input(1, of: T.self)
      let images = run.input(2, of: Int64.self)
      guard shape.elementCount > 0 else { return }
      for region in 0..<shape[0] {
        let coordinates = (0..<4).map { regions[4 * region + $0] }
        guard (0..<Int64(x[0])).contains(images[region]) else {
          throw OperatorError(
            "region \(region) is of image \(images[region]), expected 0 to \(x[0] - 1)")
        }
        let cells = try Cells(coordinates, self)
        let maps = run.input(0, of: T.self).baseAddress! + Int(images[region]) * x[1] * x[2] * x[3]
        let output = run.output(of: T.self).baseAddress! + region * shape[1] * shape[2] * shape[3]
        run.team.forEachIndex(shape[2]) { row in
          for column in 0..<shape[3] {
            let points = cells.points(row: row, column: column, of: self)
            for channel in 0..<shape[1] {
              output[(channel * shape[2] + row) * shape[3] + column] = value(
                points, maps + channel * x[2] * x[3])
            }
          }
        }
      }
    }
  }

  private func value<T: FloatingElement>(
    _ points: [Corners<T>], _ map: UnsafePointer<T>
  ) -> T {
    var (sum, largest): (T, T) = (0, -.infinity)
    for point in points {
      let (o, w) = (point.offsets, point.weights)
      let parts = (w.0 * map[o.0], w.1 * map[o.1], w.2 * map[o.2], w.3 * map[o.3])
      sum += parts.0 + parts.1 + parts.2 + parts.3
      largest = Swift.max(largest, parts.0, parts.1, parts.2, parts.3)
    }
    switch mode {
    case .avg: return points.isEmpty ? 0 : sum / T(points.count)
    case .max: return points.isEmpty ? 0 : largest
    }
  }

  /// The cells of one region.
  struct Cells<T: FloatingElement> {
    private let top: T
    private let left: T
    private let cellHeight: T
    private let cellWidth: T
    private let pointsDown: Int
    private let pointsAcross: Int

    init(_ region: [T], _ alignment: Alignment) throws {
      guard region.allSatisfy({ $0.isFinite }) else {
        throw OperatorError("region \(region), expected finite coordinates")
      }
      let edges = region.map { $0 * T(alignment.scale) - (alignment.movesByHalf ? 0.5 : 0) }
      (left, top) = (edges[0], edges[1])
      var (width, height) = (edges[2] - left, edges[3] - top)
      if !alignment.movesByHalf { (width, height) = (max(width, 1), max(height, 1)) }
      cellHeight = height / T(alignment.shape[2])
      cellWidth = width / T(alignment.shape[3])
      func points(_ size: T) throws -> Int {
        if alignment.samples > 0 { return alignment.samples }
        guard size.rounded(.up) <= 4096 else {
          throw OperatorError(
            "region \(region) has cells of \(size) elements, expected at most 4096")
        }
        return max(Int(size.rounded(.up)), 0)
      }
      (pointsDown, pointsAcross) = try (points(cellHeight), points(cellWidth))
    }

    func points(row: Int, column: Int, of alignment: Alignment) -> [Corners<T>] {
      (0..<pointsDown).flatMap { down in
        let y = top + T(row) * cellHeight + (T(down) + 0.5) * cellHeight / T(pointsDown)
        return (0..<pointsAcross).map { across in
          let x =
            left + T(column) * cellWidth + (T(across) + 0.5) * cellWidth / T(pointsAcross)
          return Corners(y: y, x: x, height: alignment.x[2], width: alignment.x[3])
        }
      }
    }
  }
}
