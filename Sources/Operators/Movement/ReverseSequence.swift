import Kernels
import Tensors

/// `ReverseSequence`: for each place `b` along `batch_axis` (1 by default) the first
/// `sequence_lens[b]` elements along `time_axis` (0) in the opposite order; opset 10. The two are the
/// first two axes.
enum ReverseSequence: Operator {
  static let type = "ReverseSequence"
  static let opsets = 10...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let (x, lengths) = try (node.operand(0), node.operand(1))
    let batchAxis = try node.int("batch_axis") ?? 1
    let timeAxis = try node.int("time_axis") ?? 0
    guard x.shape.rank >= 2, [batchAxis, timeAxis].sorted() == [0, 1] else {
      throw OperatorError(
        "axes \(batchAxis) and \(timeAxis) of shape \(x.shape), expected 0 and 1 of two or more")
    }
    guard lengths.elementType == .int64, lengths.shape == [x.shape[batchAxis]] else {
      throw OperatorError(
        "input 1 is \(lengths.elementType)\(lengths.shape), expected int64[\(x.shape[batchAxis])]")
    }
    let bytes = x.shape.elementCount(in: 2..<x.shape.rank) * x.elementType.byteCount
    let (rows, columns) = (x.shape[0], x.shape[1])
    return PreparedNode(x.elementType, x.shape) { run in
      let lengths = run.input(1, of: Int64.self)
      let times = Int64(timeAxis == 0 ? rows : columns)
      if let length = lengths.first(where: { !(0...times).contains($0) }) {
        throw OperatorError("input 1 holds \(length), expected 0 to \(times)")
      }
      guard bytes > 0 else { return }
      let (from, to) = (run.inputBytes(0), run.outputBytes())
      for row in 0..<rows {
        for column in 0..<columns {
          let (batch, time) = timeAxis == 0 ? (column, row) : (row, column)
          let length = Int(lengths[batch])
          let source = time < length ? length - 1 - time : time
          let place = timeAxis == 0 ? source * columns + column : row * columns + source
          (to + (row * columns + column) * bytes).copyMemory(
            from: from + place * bytes, byteCount: bytes)
        }
      }
    }
  }
}
