import Tensors

/// `Slice`: along each of `axes` every `step`-th element from `start` up to and without `end`, with
/// NumPy's clamping. Attributes before opset 10, without steps; inputs from then on.
enum Slice: Operator {
  static let type = "Slice"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let starts: [Int]
    let ends: [Int]
    var axes: [Int]?
    var steps: [Int]?
    if node.opset < 10 {
      try node.expectInputs(1...1)
      guard let first = try node.ints("starts"), let last = try node.ints("ends") else {
        throw OperatorError("attributes starts and ends are missing")
      }
      (starts, ends) = (first, last)
      axes = try node.ints("axes")
    } else {
      try node.expectInputs(3...5)
      (starts, ends) = (try node.integerList(1), try node.integerList(2))
      axes = try node.optionalIntegerList(3)
      steps = try node.optionalIntegerList(4)
    }
    let data = try node.operand(0)
    let count = starts.count
    guard ends.count == count, axes?.count ?? count == count, steps?.count ?? count == count else {
      throw OperatorError(
        "\(count) starts, \(ends.count) ends, \(axes?.count ?? count) axes and "
          + "\(steps?.count ?? count) steps, expected equal numbers")
    }
    let sliced = try normalized(axes: axes ?? Array(0..<count), rank: data.shape.rank)

    var dimensions = data.shape.dimensions
    var strides = data.shape.strides
    var offset = 0
    for (index, axis) in sliced.enumerated() {
      let range = try SliceRange(
        start: starts[index], end: ends[index], step: steps?[index] ?? 1,
        length: data.shape[axis])
      dimensions[axis] = range.count
      offset += range.first * strides[axis]
      strides[axis] *= range.step
    }
    return .copying(
      data, to: try Shape(validating: dimensions), strides: strides,
      offset: dimensions.contains(0) ? 0 : offset)
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
