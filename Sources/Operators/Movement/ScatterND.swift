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

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(3...3)
    let data = try node.operand(0)
    let indices = try node.operand(1)
    let updates = try node.operand(2)
    let reduction = try ScatterReduction(&node)
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
    let slices = Slices(tuples: try IndexTuples(data: data.shape, indices: indices))
    let scatter = try reduction.prepared(for: data.elementType, slices)
    var prepared = PreparedNode(data.elementType, data.shape) { run in
      run.copyInput(to: run.outputs[0])
      try scatter(run)
    }
    prepared.scratchBytes = slices.tuples.count * MemoryLayout<Int>.stride
    return prepared
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.likeFirstInput
  }
}

private struct Slices: ScatterTarget {
  let tuples: IndexTuples

  func scatter<T: BitwiseCopyable>(
    _ run: NodeRun, _: T.Type, _ combine: (T, T) -> T
  ) throws {
    let updates = run.inputBits(2, as: T.self)
    let output = run.outputBits(as: T.self)
    for (tuple, start) in try tuples.starts(in: run).enumerated() {
      for element in 0..<tuples.length {
        output[start + element] = combine(
          output[start + element], updates[tuple * tuples.length + element])
      }
    }
  }
}
