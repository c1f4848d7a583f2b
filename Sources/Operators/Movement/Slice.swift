import Tensors

/// `Slice`: along each of `axes` every `step`-th element from `start` up to and without `end`, with
/// NumPy's clamping. Attributes before opset 10, without steps; inputs from then on.
enum Slice: Operator {
  static let type = "Slice"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let starts: [Int]
    let ends: [Int]
    var given: [Int]?
    var steps: [Int]?
    if node.opset < 10 {
      try node.expectInputs(1...1)
      guard let first = try node.ints("starts"), let last = try node.ints("ends") else {
        throw OperatorError("attributes starts and ends are missing")
      }
      (starts, ends) = (first, last)
      given = try node.ints("axes")
    } else {
      try node.expectInputs(3...5)
      (starts, ends) = (try node.integerList(1), try node.integerList(2))
      given = try node.optionalIntegerList(3)
      steps = try node.optionalIntegerList(4)
    }
    let data = try node.operand(0)
    let count = starts.count
    guard ends.count == count, given?.count ?? count == count, steps?.count ?? count == count else {
      throw OperatorError(
        "\(count) starts, \(ends.count) ends, \(given?.count ?? count) axes and "
          + "\(steps?.count ?? count) steps, expected equal numbers")
    }
    let axes = try normalized(axes: given ?? Array(0..<count), rank: data.shape.rank)

    var dimensions = data.shape.dimensions
    var strides = data.shape.strides
    var offset = 0
    var ranges: [(axis: Int, range: SliceRange)] = []
    for (index, axis) in axes.enumerated() {
      let range = try SliceRange(
        start: starts[index], end: ends[index], step: steps?[index] ?? 1,
        length: data.shape[axis])
      dimensions[axis] = range.count
      offset += range.first * strides[axis]
      strides[axis] *= range.step
      ranges.append((axis, range))
    }
    let sliced = PreparedNode.copying(
      data, to: try Shape(validating: dimensions), strides: strides,
      offset: dimensions.contains(0) ? 0 : offset)
    var node = sliced
    node.takesApart = part(of: data.shape, ranges).map { TakingApart(parts: $0) { _ in sliced } }
    return node
  }

  /// The part of a tensor that the slice is, where it cuts along one axis only and leaves out nothing
  /// in between.
  private static func part(of shape: Shape, _ ranges: [(axis: Int, range: SliceRange)])
    -> TensorParts?
  {
    let cuts = ranges.filter { $0.range.count != shape[$0.axis] || $0.range.step != 1 }
    guard cuts.count == 1, cuts[0].range.step == 1 else { return nil }
    let (axis, range) = cuts[0]
    return TensorParts(of: shape, along: axis, [range.first..<range.first + range.count])
  }
}

/// The elements a slice takes from one dimension.
private struct SliceRange {
  let first: Int
  let count: Int
  let step: Int

  init(start: Int, end: Int, step: Int, length: Int) throws {
    guard step != 0 else { throw OperatorError("step 0, expected another") }
    let from = start < 0 ? start + length : start
    let to = end < 0 ? end + length : end
    let distance: Int
    if step > 0 {
      first = min(max(from, 0), length)
      distance = min(max(to, 0), length) - first
    } else {
      first = min(max(from, 0), length - 1)
      distance = length == 0 ? 0 : first - min(max(to, -1), length - 1)
    }
    let steps = distance > 0 ? UInt(distance - 1) / step.magnitude : 0
    count = distance > 0 ? Int(steps) + 1 : 0
    // A step that is never taken may be too large to multiply.
    self.step = count > 1 ? step : 1
  }
}
