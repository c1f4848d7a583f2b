import Kernels
import Tensors

/// `RotaryEmbedding`: pairs of each head's first `rotary_embedding_dim` elements (all by default) turned
/// by an angle of their position; opset 23.
///
/// X `[B, H, L, D]`, or `[B, L, H * D]` with `num_heads`; cosines and sines `[P, R/2]`, of which
/// `position_ids` `[B, L]` choose, or `[B, L, R/2]`. A pair is an element and the one half of R behind it,
/// or, `interleaved`, its neighbour.
enum RotaryEmbedding: ArithmeticOperator {
  static let type = "RotaryEmbedding"
  static let opsets = 23...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(3...4)
    let (x, cosines, sines) = try (node.operand(0), node.operand(1), node.operand(2))
    let isInterleaved = try node.flag("interleaved", default: false)
    let count = try node.int("num_heads") ?? 0
    let turned = try node.int("rotary_embedding_dim") ?? 0
    let shape = x.shape
    let isFlat = shape.rank == 3
    guard shape.rank == 4 || (isFlat && count > 0 && shape[2] % count == 0) else {
      throw OperatorError(
        "X has shape \(shape) and num_heads is \(count), expected [B,H,L,D], or [B,L,H*D] with the "
          + "number of heads")
    }
    let heads = isFlat ? count : shape[1]
    let (batch, length) = (shape[0], isFlat ? shape[1] : shape[2])
    let size = isFlat ? shape[2] / heads : shape[3]
    let rotated = turned == 0 ? size : turned
    guard rotated >= 0, rotated <= size, rotated % 2 == 0 else {
      throw OperatorError(
        "\(rotated) elements of \(size) are to be turned, expected an even number of them")
    }
    let half = rotated / 2
    let places = node.optionalOperand(3)
    let expected = places == nil ? [batch, length, half] : [cosines.shape.first ?? 0, half]
    for operand in [cosines, sines] {
      try operand.expectFloatingPoint(as: "cosines and sines")
      guard operand.shape.dimensions == expected else {
        throw OperatorError(
          "cosines or sines have shape \(operand.shape), expected \(Shape(expected))")
      }
    }
    if let places, places.elementType != .int64 || places.shape != [batch, length] {
      throw OperatorError(
        "position_ids is \(places.elementType)\(places.shape), expected int64[\(batch),\(length)]")
    }
    try x.expectFloatingPoint(as: "X")
    return .inDoubles(x.elementType, shape) { run in
      let (x, cosines, sines, y) = (run.input(0), run.input(1), run.input(2), run.output())
      let ids = places == nil ? nil : run.run.input(3, of: Int64.self)
      if let outside = ids?.first(where: { !(0..<Int64(expected[0])).contains($0) }) {
        throw OperatorError("position_ids holds \(outside), expected 0 to \(expected[0] - 1)")
      }
      guard shape.elementCount > 0 else { return }
      run.run.team.forEachChunk(
        of: batch * heads * length, chunk: max(ThreadTeam.chunkSize / size, 1)
      ) { rows in
        for row in rows {
          let image = row / (heads * length)
          let position =
            isFlat ? row / heads % length : row % length
          let place = image * length + position
          let angle = (ids.map { Int($0[place]) } ?? place) * half
          let start = row * size
          for i in 0..<half {
            let first = start + (isInterleaved ? 2 * i : i)
            let second = isInterleaved ? first + 1 : first + half
            let (c, s) = (cosines[angle + i], sines[angle + i])
            y[first] = c * x[first] - s * x[second]
            y[second] = s * x[first] + c * x[second]
          }
          for i in start + rotated..<start + size { y[i] = x[i] }
        }
      }
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? { node.likeFirstInput }
}
