import Tensors

extension SymbolicRules {
  static let elementwise: [String: Rule] = [
    "Identity": { node in node.input(0).map { [$0] } },
    "Dropout": { node in node.input(0).map { [$0] } },
    "BatchNormalization": { node in
      node.input(0).map { [SymbolicTensor($0.elementType, $0.shape)] }
    },
    "PRelu": { node in node.input(0).map { [SymbolicTensor($0.elementType, $0.shape)] } },
    "Not": { node in
      node.input(0).map { input in
        [
          SymbolicTensor(
            .bool, input.shape, values: input.values?.fixed?.map { Size($0 == 0 ? 1 : 0) })
        ]
      }
    },
    "Cast": { node in
      guard let input = node.input(0), let code = node.int("to"),
        let type = elementTypes[code]
      else { return nil }
      // Whole numbers stay what they are in every type that holds them.
      let keeps = type == .int64 || type == .int32 || type == .float32
      return [SymbolicTensor(type, input.shape, values: keeps ? input.values : nil)]
    },
    "Add": { combined($0) { $0.plus($1) } },
    "Sub": { combined($0) { $0.minus($1) } },
    "Mul": { combined($0) { $0.times($1) } },
    "Div": { node in
      combined(node) { dividend, divisor in
        guard node.inputs[0]?.elementType != .float32 else { return nil }
        if let exact = dividend.divided(by: divisor) { return exact }
        // Whole numbers are divided towards 0.
        guard dividend.isPositive, let divisor = divisor.fixed else { return nil }
        return dividend.dividedDown(by: divisor)
      }
    },
    "Pow": { combined($0) { _, _ in nil } },
    "Mod": { combined($0) { _, _ in nil } },
    "Max": { combined($0) { _, _ in nil } },
    "Min": { combined($0) { _, _ in nil } },
    "And": { combined($0, type: .bool) { _, _ in nil } },
    "Or": { combined($0, type: .bool) { _, _ in nil } },
    "Less": { combined($0, type: .bool) { _, _ in nil } },
    "Greater": { combined($0, type: .bool) { _, _ in nil } },
    "Equal": { node in
      combined(node, type: .bool) { left, right in
        guard let difference = left.minus(right) else { return nil }
        if let fixed = difference.fixed { return Size(fixed == 0 ? 1 : 0) }
        return difference.isPositive || difference.isNegative ? Size(0) : nil
      }
    },
    "Where": { node in
      guard let condition = node.input(0), let yes = node.input(1), let no = node.input(2),
        let branches = broadcast(yes.shape, no.shape),
        let shape = broadcast(condition.shape, branches)
      else { return nil }
      var values: [Size]?
      if let chosen = condition.values?.fixed, condition.shape == shape, let yesValues = yes.values,
        let noValues = no.values, yes.shape == shape, no.shape == shape
      {
        values = chosen.indices.map { chosen[$0] != 0 ? yesValues[$0] : noValues[$0] }
      }
      return [SymbolicTensor(yes.elementType, shape, values: values)]
    },
  ]

  /// The shape two shapes are broadcast to; `nil` when that depends on open dimensions.
  static func broadcast(_ a: [Size], _ b: [Size]) -> [Size]? {
    let rank = max(a.count, b.count)
    var shape: [Size] = []
    for axis in 0..<rank {
      let left = axis < rank - a.count ? Size(1) : a[axis - (rank - a.count)]
      let right = axis < rank - b.count ? Size(1) : b[axis - (rank - b.count)]
      if left == right || right == Size(1) {
        shape.append(left)
      } else if left == Size(1) {
        shape.append(right)
      } else if let fixed = left.fixed ?? right.fixed, left.fixed == nil || right.fixed == nil {
        // The open one is 1 or the same.
        shape.append(Size(fixed))
      } else {
        return nil
      }
    }
    return shape
  }

  private static func combined(
    _ node: SymbolicNode, type: ElementType? = nil, _ combine: (Size, Size) -> Size?
  ) -> [SymbolicTensor]? {
    guard node.inputs.count == 2, let left = node.input(0), let right = node.input(1),
      let shape = broadcast(left.shape, right.shape)
    else { return nil }
    var result = SymbolicTensor(type ?? left.elementType, shape)
    if let a = left.values, let b = right.values,
      a.count == 1 || b.count == 1 || a.count == b.count,
      shape.count <= 1
    {
      let count = max(a.count, b.count)
      let values = (0..<count).compactMap {
        combine(a[a.count == 1 ? 0 : $0], b[b.count == 1 ? 0 : $0])
      }
      if values.count == count { result.values = values }
    }
    return [result]
  }

  /// Element types by their `TensorProto.DataType` codes.
  static let elementTypes: [Int: ElementType] = [
    1: .float32, 2: .uint8, 3: .int8, 4: .uint16, 5: .int16, 6: .int32, 7: .int64, 9: .bool,
    10: .float16, 11: .float64, 12: .uint32, 13: .uint64, 16: .bfloat16,
  ]
}
