/// An order in which to visit the elements of up to four operands that are broadcast to one shape:
/// runs along which each operand either moves on by one element or stands still.
package struct BroadcastWalk: Sendable {
  /// One value per operand.
  package typealias PerOperand = SIMD4<Int>

  /// A stretch of consecutive elements of the result.
  package struct Run {
    /// The result's first element.
    package let output: Int
    /// Each operand's first element.
    package let starts: PerOperand
    /// How far each operand moves from one element to the next: 0 or 1.
    package let steps: PerOperand
    package let count: Int
  }

  private let elementCount: Int
  private let runLength: Int
  private let runSteps: PerOperand
  /// The dimensions around the runs, outermost first, and each operand's steps along them.
  private let outer: [(size: Int, steps: PerOperand)]

  /// - Parameters:
  ///   - dimensions: the shape of the result.
  ///   - strides: for each operand how many elements apart it is read along each dimension, 0 where
  ///     it is broadcast.
  package init(dimensions: [Int], strides: [[Int]]) {
    precondition(strides.count <= PerOperand.scalarCount)
    elementCount = dimensions.reduce(1, *)
    var merged: [(size: Int, steps: PerOperand)] = []
    for axis in dimensions.indices where dimensions[axis] != 1 {
      var steps = PerOperand.zero
      for operand in strides.indices { steps[operand] = strides[operand][axis] }
      let size = dimensions[axis]
      if let last = merged.last, last.steps == steps &* size {
        merged[merged.count - 1] = (last.size * size, steps)
      } else {
        merged.append((size, steps))
      }
    }
    let innermost = merged.popLast() ?? (size: 1, steps: .one)
    runLength = innermost.size
    runSteps = innermost.steps
    outer = merged
  }

  /// Calls `body` with every run, on all threads.
  package func forEachRun(team: ThreadTeam, _ body: (Run) -> Void) {
    guard elementCount > 0 else { return }
    let columnTile = min(runLength, ThreadTeam.chunkSize)
    let columnTiles = (runLength + columnTile - 1) / columnTile
    let rowTile = ThreadTeam.chunkSize / columnTile
    let rowCount = elementCount / runLength
    let rowTiles = (rowCount + rowTile - 1) / rowTile
    team.forEachIndex(rowTiles * columnTiles) { tile in
      let firstRow = tile / columnTiles * rowTile
      let firstColumn = tile % columnTiles * columnTile
      let count = min(columnTile, runLength - firstColumn)
      var position = Position(row: firstRow, of: outer)
      for row in firstRow..<min(firstRow + rowTile, rowCount) {
        body(
          Run(
            output: row * runLength + firstColumn,
            starts: position.starts &+ runSteps &* firstColumn, steps: runSteps, count: count))
        position.advance(along: outer)
      }
    }
  }

  /// Where the operands stand at the beginning of a row.
  private struct Position {
    var starts = PerOperand.zero
    var indices: [Int]

    init(row: Int, of outer: [(size: Int, steps: PerOperand)]) {
      indices = [Int](repeating: 0, count: outer.count)
      var rest = row
      for axis in outer.indices.reversed() {
        indices[axis] = rest % outer[axis].size
        rest /= outer[axis].size
        starts &+= outer[axis].steps &* indices[axis]
      }
    }

    mutating func advance(along outer: [(size: Int, steps: PerOperand)]) {
      for axis in outer.indices.reversed() {
        starts &+= outer[axis].steps
        indices[axis] += 1
        if indices[axis] < outer[axis].size { return }
        indices[axis] = 0
        starts &-= outer[axis].steps &* outer[axis].size
      }
    }
  }
}
