import Tensors

/// `Range`: `start`, `start + delta`, … up to and without `limit`.
enum RangeOperator: Operator {
  static let type = "Range"
  static let opsets = 11...26

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(3...3)
    let bounds = try (0..<3).map { try node.value($0) }
    let types = bounds.map { $0.elementType }
    guard types[0] == types[1], types[0] == types[2] else {
      throw OperatorError("inputs are \(types[0]), \(types[1]) and \(types[2]), expected one type")
    }
    for (index, bound) in bounds.enumerated() where bound.shape.elementCount != 1 {
      throw OperatorError("input \(index) has shape \(bound.shape), expected one element")
    }
    switch types[0] {
    case .float32: return try floating(bounds, Float.self)
    case .float64: return try floating(bounds, Double.self)
    case .int16: return try integer(bounds, Int16.self)
    case .int32: return try integer(bounds, Int32.self)
    case .int64: return try integer(bounds, Int64.self)
    default:
      throw OperatorError(
        "inputs are \(types[0]), expected float32, float64, int16, int32 or int64")
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let start = node.input(0), let limit = node.input(1)?.values?.first,
      start.values?.first == Size(0), node.input(2)?.values?.first == Size(1)
    else { return nil }
    // As many as the limit, which is none below 0.
    guard limit.isPositive || limit.plus(Size(1))?.isPositive ?? false else { return nil }
    return [SymbolicTensor(start.elementType, [limit])]
  }

  private static func floating<T: FloatingElement>(
    _ bounds: [Tensor], _: T.Type
  ) throws -> PreparedNode {
    let (start, limit, delta) = values(bounds, T.self)
    // As ONNX Runtime counts: the difference in the operands' type, the quotient in double.
    let steps = (Double(limit - start) / Double(delta)).rounded(.up)
    guard delta != 0, steps.isFinite, let count = Int(exactly: max(steps, 0)) else {
      throw OperatorError("range from \(start) to \(limit) in steps of \(delta) has no end")
    }
    return PreparedNode(T.elementType, try Shape(validating: [count])) { run in
      let output = run.output(of: T.self)
      for index in output.indices { output[index] = start + T(index) * delta }
    }
  }

  private static func integer<T: IntegerElement>(
    _ bounds: [Tensor], _: T.Type
  ) throws -> PreparedNode {
    let (start, limit, delta) = values(bounds, T.self)
    let (difference, overflows) = Int(limit).subtractingReportingOverflow(Int(start))
    guard delta != 0, !overflows else {
      throw OperatorError("range from \(start) to \(limit) in steps of \(delta) has no end")
    }
    let leadsThere = difference != 0 && (difference < 0) == (delta < 0)
    let steps = leadsThere ? (difference.magnitude - 1) / Int(delta).magnitude + 1 : 0
    let count = Int(clamping: steps)
    return PreparedNode(T.elementType, try Shape(validating: [count])) { run in
      let output = run.output(of: T.self)
      for index in output.indices { output[index] = start &+ T(truncatingIfNeeded: index) &* delta }
    }
  }

  private static func values<T: Element>(_ bounds: [Tensor], _: T.Type) -> (T, T, T) {
    (bounds[0].elements()[0], bounds[1].elements()[0], bounds[2].elements()[0])
  }
}
