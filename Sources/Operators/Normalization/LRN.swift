import Kernels
import Tensors

/// `LRN`: `X / (bias + alpha / size * sum of squares) ^ beta`, the sum over `size` neighbouring channels,
/// `(size - 1) / 2` rounded down before and up after; opsets 1 and 13.
///
/// X `[N, C, D1…]`.
enum LRN: ArithmeticOperator {
  static let type = "LRN"
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let x = try node.channelOperand(0)
    guard let size = try node.int("size"), size > 0 else {
      throw OperatorError("attribute size is missing or not above 0")
    }
    return try Neighbours(
      x: x.shape, size: size, alpha: Double(node.float("alpha") ?? 1e-4),
      beta: Double(node.float("beta") ?? 0.75), bias: Double(node.float("bias") ?? 1)
    ).node(for: x.elementType)
  }

  private struct Neighbours: FloatingPreparation, Sendable {
    let x: Shape
    let size: Int
    let alpha: Double
    let beta: Double
    let bias: Double

    func node<T: FloatingElement>(_: T.Type) -> PreparedNode {
      PreparedNode(T.elementType, x) { run in
        guard x.elementCount > 0 else { return }
        let (input, output) = (run.input(0, of: T.self), run.output(0, of: T.self))
        let channels = x[1]
        let plane = x.elementCount(in: 2..<x.rank)
        let (before, after) = ((size - 1) / 2, size - 1 - (size - 1) / 2)
        run.team.forEachIndex(x[0] * channels) { index in
          let channel = index % channels
          let first = max(channel - before, 0)
          let last = after >= channels - channel ? channels - 1 : channel + after
          let image = (index - channel) * plane
          for i in 0..<plane {
            var squares = 0.0
            for other in first...last {
              let value = Double(input[image + other * plane + i])
              squares += value * value
            }
            let scale = Double.pow(bias + alpha / Double(size) * squares, beta)
            output[index * plane + i] = T(Double(input[index * plane + i]) / scale)
          }
        }
      }
    }
  }
}
