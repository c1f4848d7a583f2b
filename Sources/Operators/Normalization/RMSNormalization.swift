import Kernels
import Tensors

/// `RMSNormalization`: `X / sqrt(mean of squares + epsilon) * scale`, the mean over all dimensions from
/// `axis` on (the last by default); opset 23.
///
/// `scale` broadcasts to X. The mean is computed in float64 whatever `stash_type` says.
enum RMSNormalization: ArithmeticOperator {
  static let type = "RMSNormalization"
  static let opsets = 23...newestOpset
  static let accumulates = true
  static let allowsMixedPrecision = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let x = try node.operand(0)
    let axis = try node.axis(default: -1, of: x.shape)
    _ = try node.stashType()
    return try Rows(
      x: x.shape, size: x.shape.elementCount(in: axis..<x.shape.rank),
      epsilon: try node.float("epsilon") ?? 1e-5, affine: Affine(node, broadcastTo: x)
    ).node(for: x.elementType)
  }

  private struct Rows: FloatingPreparation, Sendable {
    let x: Shape
    let size: Int
    let epsilon: Float
    let affine: Affine

    func node<T: FloatingElement>(_: T.Type) -> PreparedNode {
      PreparedNode(T.elementType, x) { run in
        guard x.elementCount > 0 else { return }
        let (input, output) = (run.input(0, of: T.self), run.output(0, of: T.self))
        let rows = x.elementCount / size
        run.team.forEachChunk(of: rows, chunk: max(ThreadTeam.chunkSize / size, 1)) {
          for row in $0 {
            let set = row * size..<(row + 1) * size
            let squares = UnsafeBufferPointer(rebasing: input[set])
              .reduced(by: FloatingSquareSum<T>.self)
            let factor = 1 / (squares / Double(size) + Double(epsilon)).squareRoot()
            for i in set { output[i] = T(Double(input[i]) * factor) }
          }
        }
        affine.apply(in: run, to: output, x)
      }
    }
  }
}
