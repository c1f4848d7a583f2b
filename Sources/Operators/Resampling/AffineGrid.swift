import Kernels
import Tensors

/// `AffineGrid`: for each place of an output of `size` (`[N, C, H, W]` or `[N, C, D, H, W]`) the point
/// that `theta` (`[N, 2, 3]` or `[N, 3, 4]`) moves it to, in -1 to 1 across the borders or, with
/// `align_corners`, the centres of the outermost elements; opset 20.
enum AffineGrid: ArithmeticOperator {
  static let type = "AffineGrid"
  static let opsets = 20...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let theta = try node.operand(0)
    try theta.expectFloatingPoint(as: "theta")
    let size = try node.integerList(1)
    let rank = size.count - 2
    guard rank == 2 || rank == 3, theta.shape.dimensions == [size[0], rank, rank + 1] else {
      throw OperatorError(
        "theta has shape \(theta.shape) and size is \(size), expected [N,2,3] and [N,C,H,W], or "
          + "[N,3,4] and [N,C,D,H,W]")
    }
    let spatial = Array(size.dropFirst(2))
    let shape = try Shape(validating: [size[0]] + spatial + [rank])
    let alignsCorners = try node.flag("align_corners", default: false)
    return .inDoubles(theta.elementType, shape) { run in
      let (theta, grid) = (run.input(0), run.output())
      let places = spatial.reduce(1, *)
      guard shape.elementCount > 0 else { return }
      for index in 0..<size[0] * places {
        let matrix = index / places * rank * (rank + 1)
        var rest = index % places
        // x, y and z: from the innermost axis outwards.
        var point = [Double](repeating: 1, count: rank + 1)
        for axis in 0..<rank {
          let length = spatial[rank - 1 - axis]
          let place = Double(rest % length)
          rest /= length
          point[axis] =
            alignsCorners
            ? (length == 1 ? 0 : 2 * place / Double(length - 1) - 1)
            : (2 * place + 1) / Double(length) - 1
        }
        for axis in 0..<rank {
          var sum = 0.0
          for i in 0...rank { sum += theta[matrix + axis * (rank + 1) + i] * point[i] }
          grid[index * rank + axis] = sum
        }
      }
    }
  }
}
