import Kernels
import Tensors

/// `Trilu`: the part of each matrix `[…, N, M]` above (`upper` 1) or below a diagonal, zeros elsewhere;
/// opset 14. The diagonal, which is kept, is the `k`-th above the main one (0 by default).
enum Trilu: Operator {
  static let type = "Trilu"
  static let opsets = 14...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...2)
    let data = try node.operand(0)
    guard data.shape.rank >= 2 else {
      throw OperatorError("input of shape \(data.shape), expected two dimensions or more")
    }
    let keepsUpper = try node.flag("upper", default: true)
    var diagonal = 0
    if node.optionalOperand(1) != nil {
      let list = try node.integers(1)
      guard list.count == 1 else {
        throw OperatorError("input 1 (k) has \(list.count) elements, expected one")
      }
      diagonal = list[0]
    }
    let (rows, columns) = (data.shape[data.shape.rank - 2], data.shape[data.shape.rank - 1])
    // Beyond these the result is the same.
    let shift = min(max(diagonal, -rows), columns)
    return Triangle(
      operand: data, rows: rows, columns: columns, diagonal: shift, keepsUpper: keepsUpper
    ).node(forBytes: data.elementType.byteCount)
  }
}

private struct Triangle: BitsPreparation, Sendable {
  let operand: Operand
  let rows: Int
  let columns: Int
  let diagonal: Int
  let keepsUpper: Bool

  func node<Bits: FixedWidthInteger & BitwiseCopyable & SendableMetatype>(_: Bits.Type)
    -> PreparedNode
  {
    PreparedNode(operand.elementType, operand.shape) { run in
      guard operand.shape.elementCount > 0 else { return }
      let input = run.inputBits(0, as: Bits.self)
      let output = run.outputBits(as: Bits.self)
      run.team.forEachChunk(
        of: operand.shape.elementCount / columns, chunk: max(ThreadTeam.chunkSize / columns, 1)
      ) {
        for row in $0 {
          let onDiagonal = row % rows + diagonal
          let kept =
            keepsUpper
            ? min(max(onDiagonal, 0), columns)..<columns
            : 0..<min(max(onDiagonal + 1, 0), columns)
          let start = row * columns
          (output + start).update(repeating: 0, count: columns)
          (output + start + kept.lowerBound).update(
            from: input + start + kept.lowerBound, count: kept.count)
        }
      }
    }
  }
}
