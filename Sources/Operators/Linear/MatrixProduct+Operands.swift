import Kernels
import Tensors

extension MatrixProduct {
  /// A product of matrices whose sizes came from a file.
  init(checkingRows rows: Int, columns: Int, depth: Int) throws {
    let limit = Int(Int32.max)
    guard rows <= limit, columns <= limit, depth <= limit else {
      throw OperatorError(
        "a product of [\(rows),\(depth)] and [\(depth),\(columns)] is too large, expected at most "
          + "\(limit) rows and columns")
    }
    self.init(rows: rows, columns: columns, depth: depth)
  }

  /// The most products of a batch: where each matrix begins is kept in a table.
  private static var largestCount: Int { 1 << 22 }

  static func checkCount(_ count: Int) throws {
    guard count <= largestCount else {
      throw OperatorError("\(count) products of matrices, expected at most \(largestCount)")
    }
  }

  /// The product of integers, which wrap around.
  func callAsFunction<T: IntegerElement>(
    _ left: UnsafeBufferPointer<T>, _ right: UnsafeBufferPointer<T>,
    into result: UnsafeMutableBufferPointer<T>, team: ThreadTeam
  ) {
    guard !result.isEmpty else { return }
    result.update(repeating: 0)
    guard depth > 0 else { return }
    team.forEachIndex(leftStarts.count * rows) { index in
      let row = index % rows
      let a = left.baseAddress! + leftStarts[index / rows]
      let b = right.baseAddress! + rightStarts[index / rows]
      let c = result.baseAddress! + index * columns
      for k in 0..<depth {
        let factor = a[transposesLeft ? k * rows + row : row * depth + k]
        if transposesRight {
          for j in 0..<columns { c[j] &+= factor &* b[j * depth + k] }
        } else {
          for j in 0..<columns { c[j] &+= factor &* b[k * columns + j] }
        }
      }
    }
  }
}
