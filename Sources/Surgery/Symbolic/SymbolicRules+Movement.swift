import Tensors

/// Operators that pick, order and join elements.
extension SymbolicRules {
  static let movement: [String: Rule] = [
    "Gather": { node in
      guard let input = node.input(0), let indices = node.input(1),
        let axis = node.axis(0, rank: input.shape.count)
      else { return nil }
      let shape = Array(input.shape[..<axis]) + indices.shape + Array(input.shape[(axis + 1)...])
      var result = SymbolicTensor(input.elementType, shape)
      if let values = input.values, input.shape.count == 1, let places = indices.values?.fixed {
        let counted = places.map { $0 < 0 ? $0 + values.count : $0 }
        if counted.allSatisfy(values.indices.contains) {
          result.values = counted.map { values[$0] }
        }
      }
      return [result]
    },
    "Concat": { node in
      let inputs = node.inputs.compactMap { $0 }
      guard inputs.count == node.inputs.count, let first = inputs.first,
        let axis = node.axis(nil, rank: first.shape.count),
        inputs.allSatisfy({ $0.shape.count == first.shape.count })
      else { return nil }
      var shape = first.shape
      for input in inputs.dropFirst() {
        guard let sum = shape[axis].plus(input.shape[axis]) else { return nil }
        shape[axis] = sum
        // An open dimension is the fixed one it is joined with.
        for other in shape.indices where other != axis && input.shape[other].fixed != nil {
          shape[other] = input.shape[other]
        }
      }
      let values = inputs.compactMap(\.values)
      let isList = shape.count == 1 && values.count == inputs.count
      return [
        SymbolicTensor(first.elementType, shape, values: isList ? values.flatMap { $0 } : nil)
      ]
    },
    "Transpose": { node in
      guard let input = node.input(0) else { return nil }
      let perm = node.ints("perm") ?? Array(input.shape.indices.reversed())
      guard perm.sorted() == Array(input.shape.indices) else { return nil }
      return [SymbolicTensor(input.elementType, perm.map { input.shape[$0] })]
    },
    "Slice": { node in sliced(node).map { [$0] } },
    "Split": { node in
      guard let input = node.input(0), let axis = node.axis(0, rank: input.shape.count) else {
        return nil
      }
      let given = node.opset < 13 ? node.ints("split") : node.integers(1)
      let isGiven = node.opset < 13 ? given != nil : node.hasInput(1)
      var parts = given
      if !isGiven, let whole = input.shape[axis].fixed {
        let count = node.node.outputs.count
        parts = whole % count == 0 ? [Int](repeating: whole / count, count: count) : nil
      }
      guard let parts, parts.count == node.node.outputs.count else { return nil }
      return parts.map { part in
        var shape = input.shape
        shape[axis] = Size(part)
        return SymbolicTensor(input.elementType, shape)
      }
    },
    "ScatterND": { node in node.input(0).map { [SymbolicTensor($0.elementType, $0.shape)] } },
    "Pad": { node in
      guard let input = node.input(0), !node.hasInput(3),
        let pads = node.opset < 11 ? node.ints("pads") : node.integers(1),
        pads.count == 2 * input.shape.count
      else { return nil }
      var shape: [Size] = []
      for (axis, size) in input.shape.enumerated() {
        guard let padded = size.plus(Size(pads[axis] &+ pads[axis + input.shape.count])) else {
          return nil
        }
        shape.append(padded)
      }
      return [SymbolicTensor(input.elementType, shape)]
    },
    "MatMul": { node in
      guard let left = node.input(0), let right = node.input(1), left.shape.count > 1,
        right.shape.count > 1,
        let batch = broadcast(
          Array(left.shape.dropLast(2)), Array(right.shape.dropLast(2)))
      else { return nil }
      return [
        SymbolicTensor(
          left.elementType, batch + [left.shape[left.shape.count - 2], right.shape.last!])
      ]
    },
  ]

  private static func sliced(_ node: SymbolicNode) -> SymbolicTensor? {
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
      guard let range = range(starts[index], ends[index], of: result.shape[axis]),
        let length = range.end.minus(range.start)?.plus(Size(steps[index] - 1))?
          .dividedDown(by: steps[index])
      else { return nil }
      result.shape[axis] = length
      if rank == 1, let all = values, let start = range.start.fixed, let end = range.end.fixed {
        values = stride(from: start, to: end, by: steps[index]).map { all[$0] }
      } else {
        values = nil
      }
    }
    result.values = values
    return result
  }

  /// Where a slice of a dimension begins and ends, in bounds.
  private static func range(_ start: Int, _ end: Int, of size: Size) -> (start: Size, end: Size)? {
    if let fixed = size.fixed {
      func clamped(_ value: Int) -> Int { min(max(value < 0 ? value &+ fixed : value, 0), fixed) }
      let (first, last) = (clamped(start), clamped(end))
      return (Size(first), Size(max(first, last)))
    }
    // Beyond any dimension is the end; 0 is the start. Nothing else is known to be inside.
    guard start == 0, end >= Int(Int32.max) else { return nil }
    return (Size(0), size)
  }
}
