import CKernels

/// Arithmetic over blocks of cells, a lane for each; `cells.h` says what the functions give.
package enum CellBlocks {
  private static let functions = cell_functions(InstructionSet.inUse)

  /// Cells in a block.
  package static let width = Int(CellLanes)

  /// The channels of one block: neighbouring cells stand side by side, ``width`` of them.
  package struct Channels {
    let start: UnsafePointer<Float>
    let stride: Int
    let count: Int

    /// - Parameters:
    ///   - first: the index of the first channel of the first cell.
    ///   - stride: between channels, in elements.
    package init(
      _ values: UnsafeBufferPointer<Float>, first: Int, stride: Int, count: Int
    ) {
      precondition(
        first >= 0 && stride >= 0 && first + max(count - 1, 0) * stride + width <= values.count)
      start = values.baseAddress! + first
      self.stride = stride
      self.count = count
    }
  }

  /// The class of each cell of a block and its probability.
  package struct Choices {
    package private(set) var best: SIMD16<Int32>
    package private(set) var largest: SIMD16<Float>

    /// The first largest class; NaN only where all are.
    package static func firstLargest(_ classes: Channels) -> Choices {
      Choices(classes, best: 0, largest: .nan)
    }

    /// The first of those above 0 that is largest; -1 and 0 where none is.
    package static func firstLargestAboveZero(_ classes: Channels) -> Choices {
      Choices(classes, best: -1, largest: 0)
    }

    private init(_ classes: Channels, best first: Int32, largest least: Float) {
      best = SIMD16(repeating: first)
      largest = SIMD16(repeating: least)
      withUnsafeMutableBytes(of: &best) { best in
        withUnsafeMutableBytes(of: &largest) { largest in
          functions.choose(
            classes.start, classes.stride, classes.count,
            best.assumingMemoryBound(to: Int32.self).baseAddress!,
            largest.assumingMemoryBound(to: Float.self).baseAddress!)
        }
      }
    }
  }

  /// Puts the channels of ``width`` rows side by side.
  ///
  /// - Parameters:
  ///   - rows: for each lane, the index of its first channel in `values`.
  ///   - lanes: `[count, width]`.
  package static func transpose(
    _ values: UnsafeBufferPointer<Float>, rows: UnsafeBufferPointer<Int>, count: Int,
    into lanes: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(
      rows.count == width && rows.allSatisfy { $0 >= 0 && $0 + count <= values.count }
        && lanes.count >= count * width)
    guard count > 0 else { return }
    functions.transpose(values.baseAddress!, rows.baseAddress!, count, lanes.baseAddress!)
  }

  /// One channel of ``width`` neighbouring rows.
  ///
  /// - Parameters:
  ///   - first: the index of the first row's.
  ///   - stride: between rows, in elements.
  package static func gather(
    _ values: UnsafeBufferPointer<Float>, first: Int, stride: Int
  ) -> SIMD16<Float> {
    precondition(first >= 0 && stride >= 0 && first + (width - 1) * stride < values.count)
    var lanes = SIMD16<Float>()
    withUnsafeMutableBytes(of: &lanes) { lanes in
      cells_gather(
        values.baseAddress! + first, stride,
        lanes.assumingMemoryBound(to: Float.self).baseAddress!)
    }
    return lanes
  }

  /// For each lane the bits of the largest distance of two blocks' channels, and of what `largest`
  /// holds.
  package static func addDistances(
    _ a: Channels, _ b: Channels, mayShareNaN: Bool, to largest: inout SIMD16<Int32>
  ) {
    precondition(a.count == b.count)
    withUnsafeMutableBytes(of: &largest) { largest in
      functions.distances(
        a.start, a.stride, b.start, b.stride, a.count, mayShareNaN ? 1 : 0,
        largest.assumingMemoryBound(to: Int32.self).baseAddress!)
    }
  }
}
