import Tensors

/// Operators that compute shapes or change the shape alone.
extension SymbolicRules {
  static let shapes: [String: Rule] = [
    "Shape": { node in
      guard let input = node.input(0), node.int("start") == nil, node.int("end") == nil else {
        return nil
      }
      return [SymbolicTensor(.int64, [Size(input.shape.count)], values: input.shape)]
    },
    "Reshape": { node in
      guard let input = node.input(0), let target = node.input(1)?.values,
        let shape = reshaped(input.shape, to: target, allowsZero: node.int("allowzero") == 1)
      else { return nil }
      return [SymbolicTensor(input.elementType, shape, values: input.values)]
    },
    "Flatten": { node in
      guard let input = node.input(0), let axis = node.int("axis") ?? 1 as Int?,
        (0...input.shape.count).contains(axis), let rows = Array(input.shape[..<axis]).product,
        let columns = Array(input.shape[axis...]).product
      else { return nil }
      return [SymbolicTensor(input.elementType, [rows, columns])]
    },
    "Squeeze": { node in
      guard let input = node.input(0),
        let axes = node.axes(input: 1, fromOpset: 13, rank: input.shape.count)
      else { return nil }
      let shape = input.shape.indices.filter { !axes.contains($0) }.map { input.shape[$0] }
      return [SymbolicTensor(input.elementType, shape, values: input.values)]
    },
    "Unsqueeze": { node in
      guard let input = node.input(0),
        let count = node.opset < 13 ? node.ints("axes")?.count : node.integers(1)?.count,
        let axes = node.axes(input: 1, fromOpset: 13, rank: input.shape.count + count)
      else { return nil }
      var shape = input.shape
      for axis in axes.sorted() { shape.insert(Size(1), at: axis) }
      return [SymbolicTensor(input.elementType, shape, values: input.values)]
    },
    "Expand": { node in
      guard let input = node.input(0), let target = node.input(1)?.values,
        let shape = broadcast(input.shape, target)
      else { return nil }
      return [
        SymbolicTensor(
          input.elementType, shape, values: shape == input.shape ? input.values : nil)
      ]
    },
    "ConstantOfShape": { node in
      guard let shape = node.input(0)?.values else { return nil }
      var value = SymbolicTensor(Tensor([Float(0)]))
      if case .tensor(let tensor) = node.node.attributes["value"] {
        guard tensor.shape.elementCount == 1 else { return nil }
        value = SymbolicTensor(tensor)
      }
      let count = shape.product?.fixed ?? Int.max
      let values =
        count <= Tensor.followedCount
        ? value.values.map { [Size](repeating: $0[0], count: count) } : nil
      return [SymbolicTensor(value.elementType, shape, values: values)]
    },
    "Range": { node in
      guard let start = node.input(0), let limit = node.input(1)?.values?.first,
        start.values?.first == Size(0), node.input(2)?.values?.first == Size(1)
      else { return nil }
      // As many as the limit, which is none below 0.
      guard limit.isPositive || limit.plus(Size(1))?.isPositive ?? false else { return nil }
      return [SymbolicTensor(start.elementType, [limit])]
    },
  ]

  private static func reshaped(
    _ shape: [Size], to target: [Size], allowsZero: Bool
  ) -> [Size]? {
    var result = target
    var open: Int?
    for (axis, size) in target.enumerated() {
      if size == Size(-1) {
        guard open == nil else { return nil }
        open = axis
        result[axis] = Size(1)
      } else if size == Size(0), !allowsZero {
        guard shape.indices.contains(axis) else { return nil }
        result[axis] = shape[axis]
      } else if size.fixed.map({ $0 < 0 }) ?? !(size.plus(Size(1))?.isPositive ?? false) {
        return nil
      }
    }
    if let open {
      guard let rest = result.product, let rate = shape.product?.divided(by: rest) else {
        return nil
      }
      result[open] = rate
    }
    return result
  }
}
