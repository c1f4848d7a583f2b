/// Copies elements from one strided layout to another of the same dimensions, bits untouched.
///
/// Strides count elements; a source stride may be zero (the element repeats) or negative.
/// Neighbouring dimensions that both layouts walk alike are merged, so that the innermost loop is
/// as long as it can be; where it would jump through the source while another dimension lies
/// contiguous there, the two are transposed in tiles.
package struct StridedCopy: Sendable {
  fileprivate struct Axis: Sendable {
    var count: Int
    var source: Int
    var destination: Int
  }

  private enum Inner: Sendable {
    /// Rows so short that walking from one to the next would cost more than they do are taken many
    /// at a time.
    case rows(Axis, columns: Axis)
    case row(Axis)
    /// `rows` is contiguous in the source, `columns` in the destination.
    case transposed(rows: Axis, columns: Axis)
  }

  /// Elements one thread copies at a time.
  private static let tile = 1 << 15
  /// Contiguous source elements in one tile of a transposition.
  private static let tileRows = 64
  /// Elements of a short row, and how many such rows are worth a task.
  private static let shortRow = 16
  private static let manyRows = 64

  private let elementBytes: Int
  private let isEmpty: Bool
  private let outer: [Axis]
  private let inner: Inner

  /// - Parameter elementBytes: 1, 2, 4 or 8.
  package init(
    dimensions: [Int], from sourceStrides: [Int], to destinationStrides: [Int], elementBytes: Int
  ) {
    self.elementBytes = elementBytes
    isEmpty = dimensions.contains(0)
    var axes: [Axis] = []
    for (index, count) in dimensions.enumerated() where count != 1 {
      let axis = Axis(
        count: count, source: sourceStrides[index], destination: destinationStrides[index])
      if let last = axes.last, last.source == axis.source * count,
        last.destination == axis.destination * count
      {
        axes[axes.count - 1] = Axis(
          count: last.count * count, source: axis.source, destination: axis.destination)
      } else {
        axes.append(axis)
      }
    }
    let columns = axes.popLast() ?? Axis(count: 1, source: 1, destination: 1)
    if columns.destination == 1, abs(columns.source) > 1, columns.count >= 4,
      let index = axes.lastIndex(where: { $0.source == 1 && $0.count >= 4 })
    {
      inner = .transposed(rows: axes.remove(at: index), columns: columns)
    } else if columns.count <= Self.shortRow, let rows = axes.last, rows.count >= Self.manyRows {
      axes.removeLast()
      inner = .rows(rows, columns: columns)
    } else {
      inner = .row(columns)
    }
    outer = axes
  }

  /// Copies every element. Both pointers are those of the element at index zero.
  ///
  /// - Parameter finish: is given each stretch of a dense destination once it is written, while it is
  ///   in cache; called on several threads at once.
  package func run(
    from source: UnsafeRawPointer, to destination: UnsafeMutableRawPointer, team: ThreadTeam,
    finish: (@Sendable (UnsafeMutableRawBufferPointer) -> Void)? = nil
  ) {
    if isEmpty { return }
    switch elementBytes {
    case 1: run(UInt8.self, source, destination, team, finish)
    case 2: run(UInt16.self, source, destination, team, finish)
    case 4: run(UInt32.self, source, destination, team, finish)
    case 8: run(UInt64.self, source, destination, team, finish)
    default: preconditionFailure("elements of \(elementBytes) bytes")
    }
  }

  private func run<T: SIMDScalar & BitwiseCopyable & SendableMetatype>(
    _: T.Type, _ source: UnsafeRawPointer, _ destination: UnsafeMutableRawPointer,
    _ team: ThreadTeam, _ finish: (@Sendable (UnsafeMutableRawBufferPointer) -> Void)?
  ) {
    nonisolated(unsafe) let from = source.assumingMemoryBound(to: T.self)
    nonisolated(unsafe) let to = destination.assumingMemoryBound(to: T.self)
    let outerCount = outer.reduce(1) { $0 * $1.count }
    @Sendable func finishRows(
      _ first: UnsafeMutablePointer<T>, _ rows: Axis, _ count: Int, _ width: Int
    ) {
      guard let finish else { return }
      if rows.destination == width {
        finish(first.bytes(count * width))
      } else {
        for row in 0..<count { finish((first + row * rows.destination).bytes(width)) }
      }
    }
    switch inner {
    case .rows(let rows, let columns):
      // A line of cache for each row, however short it is.
      let rowsPerTask = Self.tile / Self.shortRow
      let blocks = (rows.count + rowsPerTask - 1) / rowsPerTask
      team.forEach(outerCount * blocks) { task, _ in
        let walk = Walk(outer, startingAt: task / blocks)
        let firstRow = task % blocks * rowsPerTask
        let count = min(rowsPerTask, rows.count - firstRow)
        let first = to + (walk.destination + firstRow * rows.destination)
        copyRows(
          from + (walk.source + firstRow * rows.source), rows.source, columns.source, to: first,
          rows.destination, columns.destination, rows: count, columns: columns.count)
        finishRows(first, rows, count, columns.count)
      }
    case .row(let columns):
      let pieceLength = min(columns.count, Self.tile)
      let pieces = (columns.count + pieceLength - 1) / pieceLength
      let rowsPerTask = pieces > 1 ? 1 : max(1, Self.tile / columns.count)
      let tasks = (outerCount + rowsPerTask - 1) / rowsPerTask * pieces
      team.forEach(tasks) { task, _ in
        let firstRow = task / pieces * rowsPerTask
        let firstColumn = task % pieces * pieceLength
        let count = min(pieceLength, columns.count - firstColumn)
        var walk = Walk(outer, startingAt: firstRow)
        let first = walk.destination + firstColumn * columns.destination
        let rows = min(rowsPerTask, outerCount - firstRow)
        for _ in 0..<rows {
          copyRow(
            from + (walk.source + firstColumn * columns.source), step: columns.source,
            to: to + (walk.destination + firstColumn * columns.destination),
            step: columns.destination, count: count)
          walk.advance()
        }
        finish?((to + first).bytes(rows * count))
      }
    case .transposed(let rows, let columns):
      let blocks = (rows.count + Self.tileRows - 1) / Self.tileRows
      team.forEach(outerCount * blocks) { task, _ in
        let walk = Walk(outer, startingAt: task / blocks)
        let firstRow = task % blocks * Self.tileRows
        let first = to + (walk.destination + firstRow * rows.destination)
        let count = min(Self.tileRows, rows.count - firstRow)
        transpose(
          from + (walk.source + firstRow), columnStep: columns.source, to: first,
          rowStep: rows.destination, rows: count, columns: columns.count)
        finishRows(first, rows, count, columns.count)
      }
    }
  }

  /// The offsets of one index after another, the last axis fastest.
  private struct Walk {
    private let axes: [Axis]
    private var index: [Int]
    var source = 0
    var destination = 0

    init(_ axes: [Axis], startingAt position: Int) {
      self.axes = axes
      index = [Int](repeating: 0, count: axes.count)
      var rest = position
      for axis in axes.indices.reversed() {
        index[axis] = rest % axes[axis].count
        rest /= axes[axis].count
        source += index[axis] * axes[axis].source
        destination += index[axis] * axes[axis].destination
      }
    }

    mutating func advance() {
      for axis in axes.indices.reversed() {
        index[axis] += 1
        source += axes[axis].source
        destination += axes[axis].destination
        if index[axis] < axes[axis].count { return }
        index[axis] = 0
        source -= axes[axis].source * axes[axis].count
        destination -= axes[axis].destination * axes[axis].count
      }
    }
  }
}

@inline(__always)
private func copyRow<T: BitwiseCopyable>(
  _ source: UnsafePointer<T>, step sourceStep: Int, to destination: UnsafeMutablePointer<T>,
  step destinationStep: Int, count: Int
) {
  switch (sourceStep, destinationStep) {
  case (1, 1) where count >= 16: destination.update(from: source, count: count)
  case (0, 1): destination.update(repeating: source.pointee, count: count)
  case (2, 1): for i in 0..<count { destination[i] = source[2 &* i] }
  default:
    for i in 0..<count { destination[i &* destinationStep] = source[i &* sourceStep] }
  }
}

/// Short rows, each element by its place.
@inline(__always)
private func copyRows<T: BitwiseCopyable>(
  _ source: UnsafePointer<T>, _ sourceRow: Int, _ sourceColumn: Int,
  to destination: UnsafeMutablePointer<T>, _ destinationRow: Int, _ destinationColumn: Int,
  rows: Int, columns: Int
) {
  var (from, to) = (source, destination)
  for _ in 0..<rows {
    for column in 0..<columns {
      to[column &* destinationColumn] = from[column &* sourceColumn]
    }
    from += sourceRow
    to += destinationRow
  }
}

/// `destination[r, c] = source[c, r]`, in squares of four that stay in registers.
@inline(__always)
private func transpose<T: SIMDScalar & BitwiseCopyable>(
  _ source: UnsafePointer<T>, columnStep: Int, to destination: UnsafeMutablePointer<T>,
  rowStep: Int, rows: Int, columns: Int
) {
  let wholeRows = rows & ~3
  let wholeColumns = columns & ~3
  for row in stride(from: 0, to: wholeRows, by: 4) {
    var from = source + row
    var to = destination + row &* rowStep
    for _ in stride(from: 0, to: wholeColumns, by: 4) {
      let a = load4(from)
      let b = load4(from + columnStep)
      let c = load4(from + 2 &* columnStep)
      let d = load4(from + 3 &* columnStep)
      for lane in 0..<4 {
        store4(SIMD4(a[lane], b[lane], c[lane], d[lane]), to + lane &* rowStep)
      }
      from += 4 &* columnStep
      to += 4
    }
  }
  for row in 0..<rows {
    for column in (row < wholeRows ? wholeColumns : 0)..<columns {
      destination[row &* rowStep &+ column] = source[column &* columnStep &+ row]
    }
  }
}

@inline(__always)
private func load4<T: SIMDScalar & BitwiseCopyable>(_ pointer: UnsafePointer<T>) -> SIMD4<T> {
  UnsafeRawPointer(pointer).loadUnaligned(as: SIMD4<T>.self)
}

@inline(__always)
private func store4<T: SIMDScalar & BitwiseCopyable>(
  _ value: SIMD4<T>, _ pointer: UnsafeMutablePointer<T>
) {
  UnsafeMutableRawPointer(pointer).storeBytes(of: value, as: SIMD4<T>.self)
}

extension UnsafeMutablePointer {
  /// The bytes of the first `count` elements.
  fileprivate func bytes(_ count: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: self, count: count * MemoryLayout<Pointee>.stride)
  }
}
