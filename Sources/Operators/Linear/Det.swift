import Kernels
import Tensors

/// `Det`: the determinant of each matrix `[…, M, M]`, by elimination with the largest pivot in float64;
/// opset 11.
enum Det: ArithmeticOperator {
  static let type = "Det"
  static let opsets = 11...newestOpset
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let x = try node.operand(0)
    try x.expectFloatingPoint(as: "input 0")
    let rank = x.shape.rank
    guard rank >= 2, x.shape[rank - 1] == x.shape[rank - 2] else {
      throw OperatorError("input of shape \(x.shape), expected square matrices")
    }
    let size = x.shape[rank - 1]
    return .inDoubles(x.elementType, Shape(Array(x.shape.dropLast(2)))) { run in
      let (x, y) = (run.input(0), run.output())
      for matrix in y.indices {
        var a = Array(x[matrix * size * size..<(matrix + 1) * size * size])
        var determinant = 1.0
        for column in 0..<size {
          let pivot = (column..<size).max {
            abs(a[$0 * size + column]) < abs(a[$1 * size + column])
          }!
          let value = a[pivot * size + column]
          determinant *= pivot == column ? value : -value
          guard value != 0 else { break }
          if pivot != column {
            for i in 0..<size { a.swapAt(pivot * size + i, column * size + i) }
          }
          for row in column + 1..<max(size, column + 1) {
            let factor = a[row * size + column] / value
            for i in column..<size { a[row * size + i] -= factor * a[column * size + i] }
          }
        }
        y[matrix] = determinant
      }
    }
  }
}
