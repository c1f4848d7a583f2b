import Kernels
import Tensors

/// Parts of a tensor that lie beside one another along an axis.
package struct TensorParts: Sendable, Equatable {
  package let whole: Shape
  package let axis: Int
  package let ranges: [Range<Int>]

  package init(of whole: Shape, along axis: Int, _ ranges: [Range<Int>]) {
    self.whole = whole
    self.axis = axis
    self.ranges = ranges
  }

  /// - Parameter lengths: of parts that follow one another from the start.
  init(of whole: Shape, along axis: Int, lengths: [Int]) {
    var end = 0
    self.init(
      of: whole, along: axis,
      lengths.map { length in
        defer { end += length }
        return end..<end + length
      })
  }

  /// Elements of each part, where each is one stretch of memory; `nil` where they are interleaved.
  package var elementCounts: [Int]? {
    guard whole.elementCount(in: 0..<axis) == 1 else { return nil }
    let inner = whole.elementCount(in: axis + 1..<whole.rank)
    return ranges.map { $0.count * inner }
  }
}

extension TensorParts {
  /// For each part its first element's place in the whole, and how it is copied from there to dense
  /// memory and back.
  func copies(
    elementBytes: Int
  ) -> [(offset: Int, splitting: StridedCopy, joining: StridedCopy)] {
    let outer = whole.elementCount(in: 0..<axis)
    let inner = whole.elementCount(in: axis + 1..<whole.rank)
    let row = whole[axis] * inner
    return ranges.map { range in
      let length = range.count * inner
      func copy(from source: Int, to destination: Int) -> StridedCopy {
        StridedCopy(
          dimensions: [outer, length], from: [source, 1], to: [destination, 1],
          elementBytes: elementBytes)
      }
      return (range.lowerBound * inner, copy(from: row, to: length), copy(from: length, to: row))
    }
  }
}

/// How a node takes its first input apart.
package struct TakingApart: Sendable {
  /// One for each output.
  package let parts: TensorParts
  /// The same node with only the outputs at these places, in order.
  package let making: @Sendable (_ places: [Int]) -> PreparedNode
}

/// How a node puts its inputs together.
package struct PuttingTogether: Sendable {
  /// One for each input.
  package let parts: TensorParts
  /// The same node where the whole stands in memory already, but for the parts at these places: its
  /// inputs are the whole, which it overwrites, and those parts.
  package let overwriting: @Sendable (_ places: [Int]) -> PreparedNode
}
