import Kernels
import Tensors

/// How a set of elements becomes one.
protocol Reducer: SendableMetatype {
  associatedtype Element: Tensors.Element
  associatedtype Partial: BitwiseCopyable
  /// What the empty set has come to.
  static var start: Partial { get }
  static func combine(_ partial: Partial, _ element: Element) -> Partial
  static func merge(_ left: Partial, _ right: Partial) -> Partial
  /// The result for a set of `count` elements.
  static func finish(_ partial: Partial, count: Int) -> Element
}

/// Some axes of a shape reduced to one element each.
struct Reduction: Sendable {
  private struct Dimension {
    var size: Int
    var stride: Int
    let isReduced: Bool
  }

  /// The shape of the result.
  let shape: Shape
  /// Elements that become one.
  let count: Int
  /// Neighbouring dimensions of one kind merged, outermost first, those of size 1 left out.
  private let dimensions: [Dimension]

  init(_ input: Shape, axes: Set<Int>, keepsDimensions: Bool) {
    let isReduced = input.indices.map { axes.contains($0) }
    shape = Shape(
      input.indices.filter { keepsDimensions || !isReduced[$0] }.map {
        isReduced[$0] ? 1 : input[$0]
      })
    count = input.indices.filter { isReduced[$0] }.map { input[$0] }.reduce(1, *)
    var merged: [Dimension] = []
    let strides = input.strides
    for axis in input.indices where input[axis] != 1 {
      if let last = merged.last, last.isReduced == isReduced[axis] {
        merged[merged.count - 1].size *= input[axis]
        merged[merged.count - 1].stride = strides[axis]
      } else {
        merged.append(
          Dimension(size: input[axis], stride: strides[axis], isReduced: isReduced[axis]))
      }
    }
    dimensions = merged
  }

  /// Reduces row-major elements of the input's shape.
  func callAsFunction<R: Reducer>(
    _: R.Type, _ input: UnsafeBufferPointer<R.Element>,
    into output: UnsafeMutableBufferPointer<R.Element>, team: ThreadTeam
  ) {
    guard count > 0, !output.isEmpty else {
      return output.update(repeating: R.finish(R.start, count: 0))
    }
    let reduced = dimensions.filter { $0.isReduced }
    var kept = dimensions.filter { !$0.isReduced }
    if let last = dimensions.last, !last.isReduced {
      let columns = kept.removeLast().size
      reduceColumns(R.self, columns, input, output, kept: kept, reduced: reduced, team)
    } else {
      reduceRuns(R.self, input, output, kept: kept, reduced: reduced, team)
    }
  }

  /// The elements of a set lie in runs.
  private func reduceRuns<R: Reducer>(
    _: R.Type, _ input: UnsafeBufferPointer<R.Element>,
    _ output: UnsafeMutableBufferPointer<R.Element>, kept: [Dimension], reduced: [Dimension],
    _ team: ThreadTeam
  ) {
    let run = reduced.last?.size ?? 1
    let around = reduced.dropLast()
    team.forEachChunk(of: output.count, chunk: max(ThreadTeam.chunkSize / count, 1)) { chunk in
      for result in chunk {
        var partial = R.start
        Self.forEachOffset(around, from: Self.offset(of: result, in: kept)) { offset in
          let elements = UnsafeBufferPointer(rebasing: input[offset..<offset + run])
          partial = R.merge(partial, elements.reduced(by: R.self))
        }
        output[result] = R.finish(partial, count: count)
      }
    }
  }

  /// Elements of neighbouring sets are neighbours, in rows of `columns`.
  private func reduceColumns<R: Reducer>(
    _: R.Type, _ columns: Int, _ input: UnsafeBufferPointer<R.Element>,
    _ output: UnsafeMutableBufferPointer<R.Element>, kept: [Dimension], reduced: [Dimension],
    _ team: ThreadTeam
  ) {
    let width = min(columns, 512)
    let blocks = (columns + width - 1) / width
    let blocksPerTask = max(ThreadTeam.chunkSize / (count * width), 1)
    team.forEachChunk(of: output.count / columns * blocks, chunk: blocksPerTask) { tasks in
      withUnsafeTemporaryAllocation(of: R.Partial.self, capacity: width) { partials in
        for block in tasks {
          let first = block % blocks * width
          let count = min(width, columns - first)
          partials.initialize(repeating: R.start)
          let start = Self.offset(of: block / blocks, in: kept) + first
          Self.forEachOffset(reduced[...], from: start) { offset in
            let row = input.baseAddress! + offset
            for column in 0..<count { partials[column] = R.combine(partials[column], row[column]) }
          }
          let results = output.baseAddress! + (block / blocks * columns + first)
          for column in 0..<count {
            results[column] = R.finish(partials[column], count: self.count)
          }
        }
      }
    }
  }

  /// How far into the input the `index`-th position along `dimensions` lies.
  private static func offset(of index: Int, in dimensions: [Dimension]) -> Int {
    var rest = index
    var offset = 0
    for dimension in dimensions.reversed() {
      offset += rest % dimension.size * dimension.stride
      rest /= dimension.size
    }
    return offset
  }

  private static func forEachOffset(
    _ dimensions: ArraySlice<Dimension>, from start: Int, _ body: (Int) -> Void
  ) {
    guard let outermost = dimensions.first else { return body(start) }
    for index in 0..<outermost.size {
      forEachOffset(dimensions.dropFirst(), from: start + index * outermost.stride, body)
    }
  }
}

extension UnsafeBufferPointer where Element: Tensors.Element {
  /// The elements combined in eight interleaved parts, which the compiler keeps in a vector.
  func reduced<R: Reducer>(by: R.Type) -> R.Partial where R.Element == Element {
    var parts = (R.start, R.start, R.start, R.start, R.start, R.start, R.start, R.start)
    var index = 0
    while index + 8 <= count {
      parts.0 = R.combine(parts.0, self[index])
      parts.1 = R.combine(parts.1, self[index + 1])
      parts.2 = R.combine(parts.2, self[index + 2])
      parts.3 = R.combine(parts.3, self[index + 3])
      parts.4 = R.combine(parts.4, self[index + 4])
      parts.5 = R.combine(parts.5, self[index + 5])
      parts.6 = R.combine(parts.6, self[index + 6])
      parts.7 = R.combine(parts.7, self[index + 7])
      index += 8
    }
    while index < count {
      parts.0 = R.combine(parts.0, self[index])
      index += 1
    }
    return R.merge(
      R.merge(R.merge(parts.0, parts.1), R.merge(parts.2, parts.3)),
      R.merge(R.merge(parts.4, parts.5), R.merge(parts.6, parts.7)))
  }
}
