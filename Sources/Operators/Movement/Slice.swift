import Tensors

/// `Slice`: along each of `axes` every `step`-th element from `start` up to and without `end`, with
/// NumPy's clamping. Attributes before opset 10, without steps; inputs from then on.
package enum Slice: Operator {
  package static let type = "Slice"
  package static let rearranges = true
  package static let revisions: [Revision] = [10]

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
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

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0) else { return nil }
    let rank = input.shape.count
    let isAttribute = node.opset < 10
    guard let starts = isAttribute ? node.ints("starts") : node.integers(1),
      let ends = isAttribute ? node.ints("ends") : node.integers(2), starts.count == ends.count
    else { return nil }
    var axes = Array(0..<min(starts.count, rank))
    if isAttribute ? node.node.attributes["axes"] != nil : node.hasInput(3) {
      guard let given = isAttribute ? node.ints("axes") : node.integers(3) else { return nil }
      axes = given.map { $0 < 0 ? $0 + rank : $0 }
    }
    var steps = [Int](repeating: 1, count: starts.count)
    if !isAttribute, node.hasInput(4) {
      guard let given = node.integers(4) else { return nil }
      steps = given
    }
    guard axes.count == starts.count, steps.count == starts.count,
      axes.allSatisfy({ (0..<rank).contains($0) }), steps.allSatisfy({ $0 > 0 })
    else { return nil }
    var result = SymbolicTensor(input.elementType, input.shape)
    var values = input.values
    for (index, axis) in axes.enumerated() {
      guard let range = bounds(starts[index], ends[index], of: result.shape[axis]),
        let length = range.end.minus(range.start)?.plus(Size(steps[index] - 1))?
          .dividedDown(by: steps[index])
      else { return nil }
      result.shape[axis] = length
      if rank == 1, let all = values, let start = range.start.fixed, let end = range.end.fixed,
        start >= 0, end <= all.count
      {
        values = stride(from: start, to: end, by: steps[index]).map { all[$0] }
      } else {
        values = nil
      }
    }
    result.values = values
    return [result]
  }

  /// Where a slice of a dimension begins and ends, in bounds.
  private static func bounds(
    _ start: Int, _ end: Int, of size: Size
  ) -> (start: Size, end: Size)? {
    if let fixed = size.fixed {
      func clamped(_ value: Int) -> Int { min(max(value < 0 ? value &+ fixed : value, 0), fixed) }
      let (first, last) = (clamped(start), clamped(end))
      return (Size(first), Size(max(first, last)))
    }
    // Beyond any dimension is the end; 0 is the start. Nothing else is known to be inside.
    guard start == 0, end >= Int(Int32.max) else { return nil }
    return (Size(0), size)
  }

  package static func isIdentity(_ node: SymbolicNode) -> Bool {
    // Backwards it would be another order.
    let isForward = !node.hasInput(4) || node.integers(4)?.allSatisfy { $0 == 1 } ?? false
    return isForward && node.keepsShape(symbolicResults(node))
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
