import Kernels
import Tensors

/// `MaxRoiPool`: the largest element in each of `pooled_shape` cells of regions of maps; opsets 1, 22.
///
/// X `[N, C, H, W]`, regions `[R, 5]` of image, x1, y1, x2, y2, which times `spatial_scale` and rounded
/// are columns and rows, the last included; the result is `[R, C, h, w]`. A cell without elements is 0.
enum MaxRoiPool: ArithmeticOperator {
  static let type = "MaxRoiPool"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let (x, regions) = try (node.operand(0), node.operand(1))
    try x.expectFloatingPoint(as: "input 0")
    try x.expectRank(4, as: "input 0", "[N,C,H,W]")
    guard regions.shape.rank == 2, regions.shape[1] == 5, regions.elementType == x.elementType
    else {
      throw OperatorError(
        "regions are \(regions.elementType)\(regions.shape), expected \(x.elementType)[R,5]")
    }
    guard let pooled = try node.ints("pooled_shape"), pooled.count == 2,
      pooled.allSatisfy({ (1..<1 << 16).contains($0) })
    else { throw OperatorError("attribute pooled_shape, expected two sizes") }
    let scale = Double(try node.float("spatial_scale") ?? 1)
    let shape = try Shape(validating: [regions.shape[0], x.shape[1], pooled[0], pooled[1]])
    let source = x.shape
    return .inDoubles(x.elementType, shape) { run in
      let (x, regions, y) = (run.input(0), run.input(1), run.output())
      for region in 0..<shape[0] {
        let values = (0..<5).map { regions[5 * region + $0] }
        guard values.allSatisfy({ abs($0) < 0x1p30 }), abs(scale) < 0x1p16,
          (0..<Double(source[0])).contains(values[0])
        else {
          throw OperatorError("region \(region) is \(values), expected an image of \(source[0])")
        }
        let image = Int(values[0])
        let edges = values.dropFirst().map {
          Int(($0 * scale).rounded(.toNearestOrAwayFromZero))
        }
        func cells(_ first: Int, _ last: Int, _ count: Int, _ length: Int) -> [Range<Int>] {
          let size = Double(max(last - first + 1, 1)) / Double(count)
          return (0..<count).map { cell in
            let start = Int((Double(cell) * size).rounded(.down)) + first
            let end = Int((Double(cell + 1) * size).rounded(.up)) + first
            let low = min(max(start, 0), length)
            return low..<max(low, min(max(end, 0), length))
          }
        }
        let columns = cells(edges[0], edges[2], pooled[1], source[3])
        let rows = cells(edges[1], edges[3], pooled[0], source[2])
        for channel in 0..<shape[1] {
          let map = (image * source[1] + channel) * source[2] * source[3]
          let target = (region * shape[1] + channel) * pooled[0] * pooled[1]
          for (down, rows) in rows.enumerated() {
            for (across, columns) in columns.enumerated() {
              var largest = rows.isEmpty || columns.isEmpty ? 0 : -Double.infinity
              for row in rows {
                for column in columns { largest = max(largest, x[map + row * source[3] + column]) }
              }
              y[target + down * pooled[1] + across] = largest
            }
          }
        }
      }
    }
  }
}
