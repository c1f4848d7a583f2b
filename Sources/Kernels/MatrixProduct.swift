/// Products of matrices, `[rows, depth] * [depth, columns]`, one or a batch of them.
package struct MatrixProduct: Sendable {
  package let rows: Int
  package let columns: Int
  package let depth: Int
  /// Whether the left matrices are stored as `[depth, rows]`.
  package var transposesLeft = false
  /// Whether the right matrices are stored as `[columns, depth]`.
  package var transposesRight = false
  /// Where each product's left matrix begins; the results follow one another.
  package var leftStarts = [0]
  /// Where each product's right matrix begins.
  package var rightStarts = [0]

  /// A single product; no dimension may exceed what an `Int32` holds.
  package init(rows: Int, columns: Int, depth: Int) {
    self.rows = rows
    self.columns = columns
    self.depth = depth
  }

  package var multiplyAdds: Int { leftStarts.count &* rows &* columns &* depth }

  /// Rows and columns of the part of a result that one thread computes at a time.
  private static var tile: (rows: Int, columns: Int) { (128, 512) }

  /// Writes the results, row-major.
  ///
  /// The tiles depend on the sizes alone, so the bits are the same on any number of threads, and
  /// those of a product do not depend on the others of its batch.
  ///
  /// - Throws: when there is no BLAS to compute them.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package func callAsFunction<T: BLASElement>(
    _ left: UnsafeBufferPointer<T>, _ right: UnsafeBufferPointer<T>,
    into result: UnsafeMutableBufferPointer<T>, team: ThreadTeam
  ) throws(BLASError) {
    guard !result.isEmpty else { return }
    guard depth > 0 else { return result.update(repeating: 0) }
    let blas = try BLAS.loaded()
    let rowTiles = (rows + Self.tile.rows - 1) / Self.tile.rows
    let columnTiles = (columns + Self.tile.columns - 1) / Self.tile.columns
    team.forEachIndex(leftStarts.count * rowTiles * columnTiles) { index in
      let batch = index / (rowTiles * columnTiles)
      let row = index / columnTiles % rowTiles * Self.tile.rows
      let column = index % columnTiles * Self.tile.columns
      T.multiply(
        with: blas, m: min(Self.tile.rows, rows - row), n: min(Self.tile.columns, columns - column),
        k: depth,
        a: left.baseAddress! + leftStarts[batch] + (transposesLeft ? row : row * depth),
        lda: transposesLeft ? rows : depth, transposesA: transposesLeft,
        b: right.baseAddress! + rightStarts[batch] + (transposesRight ? column * depth : column),
        ldb: transposesRight ? depth : columns, transposesB: transposesRight, beta: 0,
        c: result.baseAddress! + (batch * rows + row) * columns + column, ldc: columns)
    }
  }
}
