import Kernels
import Tensors

/// `ScatterND`: a copy of the data in which slices are replaced, or combined with updates.
///
/// The last dimension of the indices names a slice; where two name the same one, updates apply in
/// their order. The reductions `add` and `mul` come with opset 16, `min` and `max` with 18. `min`
/// and `max` of a NaN are NaN.
enum ScatterND: Operator {
  static let type = "ScatterND"
  static let opsets = 11...newestOpset
  static let revisions: [Revision] = [
    Revision(16, attributes: "reduction"),
    Revision(18) {
      [.string("min"), .string("max")].contains($0.attributes["reduction"])
    },
  ]

  private enum Reduction: String, CaseIterable {
    case none, add, mul, min, max
  }

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(3...3)
    let data = try node.operand(0)
    let indices = try node.operand(1)
    let updates = try node.operand(2)
    let reduction =
      node.opset >= 16 ? try node.choice("reduction", default: Reduction.none) : .none
    guard node.opset >= 18 || (reduction != .min && reduction != .max) else {
      throw OperatorError(
        "reduction '\(reduction)' in opset \(node.opset), expected none, add or mul")
    }
    guard indices.elementType == .int64, updates.elementType == data.elementType else {
      throw OperatorError(
        "data, indices and updates are \(data.elementType), \(indices.elementType) and "
          + "\(updates.elementType), expected one type and int64 for the indices")
    }
    let depth = indices.shape.last ?? 0
    guard indices.shape.rank > 0, depth <= data.shape.rank,
      updates.shape.dimensions == indices.shape.dropLast() + data.shape.dropFirst(depth)
    else {
      throw OperatorError(
        "data, indices and updates have shapes \(data.shape), \(indices.shape) and "
          + "\(updates.shape), expected the last to follow from the others")
    }
    let slices = ScatterSlices(
      dimensions: Array(data.shape.prefix(depth)), strides: data.shape.strides,
      count: indices.shape.elementCount(in: 0..<indices.shape.rank - 1),
      length: data.shape.elementCount(in: depth..<data.shape.rank))
    let scatter = try scatter(reduction, data.elementType, slices)
    let width = data.elementType.byteCount
    let copy = StridedCopy(
      dimensions: [data.shape.elementCount], from: [1], to: [1], elementBytes: width)
    return PreparedNode(data.elementType, data.shape) { run in
      copy.run(from: run.inputBytes(0), to: run.outputBytes(), team: run.team)
      try scatter(run)
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.likeFirstInput
  }

  private static func scatter(
    _ reduction: Reduction, _ elementType: ElementType, _ slices: ScatterSlices
  ) throws -> @Sendable (NodeRun) throws -> Void {
    if reduction == .none {
      let width = elementType.byteCount
      return { try slices.replace(in: $0, width: width) }
    }
    switch elementType {
    case .float32: return combining(slices, floating(reduction, Float.self))
    case .float64: return combining(slices, floating(reduction, Double.self))
    case .float16:
      let apply = floating(reduction, Float.self)
      return combining(slices) { (a: Half, b: Half) in Half(apply(a.float, b.float)) }
    case .bfloat16:
      let apply = floating(reduction, Float.self)
      return combining(slices) { (a: BFloat16, b: BFloat16) in BFloat16(apply(a.float, b.float)) }
    case .int8: return combining(slices, integer(reduction, Int8.self))
    case .int16: return combining(slices, integer(reduction, Int16.self))
    case .int32: return combining(slices, integer(reduction, Int32.self))
    case .int64: return combining(slices, integer(reduction, Int64.self))
    case .uint8: return combining(slices, integer(reduction, UInt8.self))
    case .uint16: return combining(slices, integer(reduction, UInt16.self))
    case .uint32: return combining(slices, integer(reduction, UInt32.self))
    case .uint64: return combining(slices, integer(reduction, UInt64.self))
    case .bool: throw OperatorError("reduction '\(reduction)' of bool, expected numbers")
    }
  }

  private static func combining<T: Element>(
    _ slices: ScatterSlices, _ apply: @escaping @Sendable (T, T) -> T
  ) -> @Sendable (NodeRun) throws -> Void {
    { try slices.combine(in: $0, apply) }
  }

  private static func floating<T: FloatingElement>(
    _ reduction: Reduction, _: T.Type
  ) -> @Sendable (T, T) -> T {
    switch reduction {
    case .none: { $1 }
    case .add: { $0 + $1 }
    case .mul: { $0 * $1 }
    case .min: { $0 < $1 || $0.isNaN ? $0 : $1 }
    case .max: { $0 > $1 || $0.isNaN ? $0 : $1 }
    }
  }

  private static func integer<T: IntegerElement>(
    _ reduction: Reduction, _: T.Type
  ) -> @Sendable (T, T) -> T {
    switch reduction {
    case .none: { $1 }
    case .add: { $0 &+ $1 }
    case .mul: { $0 &* $1 }
    case .min: { Swift.min($0, $1) }
    case .max: { Swift.max($0, $1) }
    }
  }
}

/// The slices of the data that the indices of a `ScatterND` name.
private struct ScatterSlices: Sendable {
  /// The leading dimensions and strides of the data, those that are indexed.
  let dimensions: [Int]
  let strides: [Int]
  let count: Int
  /// Elements of one slice.
  let length: Int

  func replace(in run: NodeRun, width: Int) throws {
    let updates = run.inputBytes(2)
    let output = run.outputBytes()
    try forEach(in: run) { slice, offset in
      (output + offset * width).copyMemory(
        from: updates + slice * length * width, byteCount: length * width)
    }
  }

  func combine<T: Element>(in run: NodeRun, _ apply: (T, T) -> T) throws {
    let updates = run.input(2, of: T.self)
    let output = run.output(of: T.self)
    try forEach(in: run) { slice, offset in
      for element in 0..<length {
        output[offset + element] = apply(
          output[offset + element], updates[slice * length + element])
      }
    }
  }

  /// Calls `body` with the number of each slice and where in the data it begins.
  @inline(__always)
  private func forEach(in run: NodeRun, _ body: (Int, Int) -> Void) throws {
    let indices = run.input(1, of: Int64.self)
    let depth = dimensions.count
    for slice in 0..<count {
      var offset = 0
      for axis in 0..<depth {
        let index = Int(indices[slice * depth + axis])
        let length = dimensions[axis]
        guard (-length..<length).contains(index) else {
          throw OperatorError(
            "index \(index) along axis \(axis), expected \(-length) to \(length - 1)")
        }
        offset += (index < 0 ? index + length : index) * strides[axis]
      }
      body(slice, offset)
    }
  }
}
