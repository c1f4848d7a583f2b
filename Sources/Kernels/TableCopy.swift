/// Copies elements looked up by one table per axis, bits untouched:
/// `destination[i, j, …] = source[tables[0][i], tables[1][j], …]`.
///
/// Trailing axes without a table become one run of bytes, and a row that reads what the row before
/// it read is copied from there.
package struct TableCopy: Sendable {
  private struct Axis: Sendable {
    var count: Int
    /// `nil` for an axis that is copied as it is.
    var table: [Int32]?
    var sourceStride: Int

    func offset(of index: Int) -> Int { (table.map { Int($0[index]) } ?? index) * sourceStride }
  }

  private enum Row: Sendable {
    case run(count: Int)
    case lookup([Int32])
    /// Each of `sourceCount` elements twice, side by side.
    case doubled(sourceCount: Int)

    var count: Int {
      switch self {
      case .run(let count): count
      case .lookup(let table): table.count
      case .doubled(let sourceCount): 2 * sourceCount
      }
    }
  }

  /// Bytes one thread writes at a time.
  private static let tileBytes = 1 << 17

  private let elementBytes: Int
  private let outer: [Axis]
  private let row: Row

  /// - Parameters:
  ///   - sourceDimensions: the source's dimensions, outermost first.
  ///   - tables: for each axis the source index each destination index reads, all in bounds, or
  ///     nil for an axis that is copied as it is.
  ///   - elementBytes: 1, 2, 4 or 8.
  package init(sourceDimensions: [Int], tables: [[Int32]?], elementBytes: Int) {
    self.elementBytes = elementBytes
    var outer: [Axis] = []
    var run = 1
    var stride = 1
    for (dimension, table) in zip(sourceDimensions, tables).reversed() {
      if let table {
        outer.append(Axis(count: table.count, table: table, sourceStride: stride))
      } else if outer.isEmpty {
        run *= dimension
      } else {
        outer.append(Axis(count: dimension, table: nil, sourceStride: stride))
      }
      stride *= max(dimension, 1)
    }
    if run == 1, let columns = outer.first?.table {
      outer.removeFirst()
      let doubles =
        columns.count % 2 == 0 && columns.indices.allSatisfy { Int(columns[$0]) == $0 / 2 }
      row = doubles ? .doubled(sourceCount: columns.count / 2) : .lookup(columns)
    } else {
      row = .run(count: run)
    }
    self.outer = outer.reversed()
  }

  package func run(
    from source: UnsafeRawPointer, to destination: UnsafeMutableRawPointer, team: ThreadTeam
  ) {
    switch elementBytes {
    case 1: copy(UInt8.self, source, destination, team)
    case 2: copy(UInt16.self, source, destination, team)
    case 4: copy(UInt32.self, source, destination, team)
    case 8: copy(UInt64.self, source, destination, team)
    default: preconditionFailure("elements of \(elementBytes) bytes")
    }
  }

  private func copy<T: BitwiseCopyable>(
    _: T.Type, _ source: UnsafeRawPointer, _ destination: UnsafeMutableRawPointer,
    _ team: ThreadTeam
  ) {
    let length = row.count
    let rowCount = outer.reduce(1) { $0 * $1.count }
    if length == 0 || rowCount == 0 { return }
    nonisolated(unsafe) let from = source.assumingMemoryBound(to: T.self)
    nonisolated(unsafe) let to = destination.assumingMemoryBound(to: T.self)
    let rowsPerTask = max(1, Self.tileBytes / (length * elementBytes))
    team.forEachChunk(of: rowCount, chunk: rowsPerTask) { rows in
      var lastOffset = -1
      for index in rows {
        let offset = sourceOffset(ofRow: index)
        let target = to + index * length
        if offset == lastOffset {
          target.update(from: target - length, count: length)
        } else {
          copyRow(from + offset, to: target)
          lastOffset = offset
        }
      }
    }
  }

  private func sourceOffset(ofRow row: Int) -> Int {
    var rest = row
    var offset = 0
    for axis in outer.indices.reversed() {
      let count = outer[axis].count
      offset += outer[axis].offset(of: rest % count)
      rest /= count
    }
    return offset
  }

  @inline(__always)
  private func copyRow<T: BitwiseCopyable>(
    _ source: UnsafePointer<T>, to destination: UnsafeMutablePointer<T>
  ) {
    switch row {
    case .run(let count):
      destination.update(from: source, count: count)
    case .lookup(let table):
      table.withUnsafeBufferPointer { table in
        for index in 0..<table.count { destination[index] = source[Int(table[index])] }
      }
    case .doubled(let sourceCount):
      for index in 0..<sourceCount {
        destination[2 &* index] = source[index]
        destination[2 &* index &+ 1] = source[index]
      }
    }
  }
}
