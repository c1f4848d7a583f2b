import Tensors

/// `TensorScatter`: `past_cache` with `update` written over it along `axis` (-2 by default), for each
/// batch from its `write_indices` (0 where left out) on; `mode` `circular` goes on at the start where the
/// axis ends; opset 24.
enum TensorScatter: Operator {
  private enum Mode: String, CaseIterable { case linear, circular }

  static let type = "TensorScatter"
  static let opsets = 24...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...3)
    let (past, update) = try (node.operand(0), node.operand(1))
    let shape = past.shape
    let axis = try node.axis(default: -2, of: shape)
    let mode = try node.choice("mode", default: Mode.linear)
    var expected = shape.dimensions
    if update.shape.rank == shape.rank { expected[axis] = update.shape[axis] }
    guard axis > 0, update.elementType == past.elementType, update.shape.dimensions == expected,
      update.shape[axis] <= shape[axis]
    else {
      throw OperatorError(
        "update is \(update.elementType)\(update.shape), expected \(past.elementType) of the shape "
          + "\(shape) but for axis \(axis), which is not the first")
    }
    let indices = node.optionalOperand(2)
    if let indices, indices.elementType != .int64 || indices.shape != [shape[0]] {
      throw OperatorError(
        "write_indices is \(indices.elementType)\(indices.shape), expected int64[\(shape[0])]")
    }
    let (length, count) = (shape[axis], update.shape[axis])
    let bytes = shape.elementCount(in: axis + 1..<shape.rank) * past.elementType.byteCount
    let rows = shape.elementCount(in: 1..<axis)
    return PreparedNode(past.elementType, shape) { run in
      run.inputs[0]!.withUnsafeBytes { run.outputs[0].unsafeBytes.copyMemory(from: $0) }
      let starts = indices == nil ? nil : run.input(2, of: Int64.self)
      let limit = Int64(mode == .linear ? length - count : max(length - 1, 0))
      if let outside = starts?.first(where: { !(0...limit).contains($0) }) {
        throw OperatorError("write_indices holds \(outside), expected 0 to \(limit)")
      }
      guard bytes > 0, count > 0, shape.elementCount > 0 else { return }
      for row in 0..<shape[0] * rows {
        let start = starts.map { Int($0[row / rows]) } ?? 0
        for place in 0..<count {
          (run.outputBytes() + (row * length + (start + place) % length) * bytes).copyMemory(
            from: run.inputBytes(1) + (row * count + place) * bytes, byteCount: bytes)
        }
      }
    }
  }
}
