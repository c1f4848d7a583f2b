import Kernels
import Tensors

/// `(X - mean) / sqrt(var + epsilon) * scale + B` for each channel, with statistics that are given.
///
/// `X` is `[N, C, …]` (or `[N]`, one channel), the other inputs are `[C]`. With `spatial` 0, before
/// opset 9, they have the shape of `X` without `N`.
package struct BatchNormalization: ArithmeticOperator {
  package static let type = "BatchNormalization"
  package static let allowsMixedPrecision = true
  package static let accumulates = true
  package static let revisions: [Revision] = [
    Revision(9, attributes: "spatial"), Revision(14, attributes: "training_mode"),
  ]

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(5...5)
    let operands = try node.operandList()
    let x = operands[0]
    let epsilon = try node.float("epsilon") ?? 1e-5
    // Only of training.
    node.ignore("momentum")
    let isSpatial = try node.opset >= 9 || node.flag("spatial", default: true)
    try refuseTraining(&node)

    let channels = x.shape.rank < 2 ? 1 : x.shape[1]
    let statistics: Shape =
      isSpatial ? [channels] : try Shape(validating: Array(x.shape.dimensions.dropFirst()))
    for (index, operand) in operands.enumerated().dropFirst() {
      guard operand.shape == statistics, operand.elementType == x.elementType else {
        throw OperatorError(
          "input \(index) is \(operand.elementType)\(operand.shape), expected "
            + "\(x.elementType)\(statistics)")
      }
    }
    let run = isSpatial ? x.shape.elementCount(in: min(2, x.shape.rank)..<x.shape.rank) : 1
    return switch x.elementType {
    case .float32: normalizing(Float.self, x.shape, run: run, epsilon)
    case .float64: normalizing(Double.self, x.shape, run: run, epsilon)
    default: throw OperatorError("input 0 is \(x.elementType), expected floating point")
    }
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.likeFirstInput
  }

  private static func refuseTraining(_ node: inout NodeReader) throws {
    if node.opset >= 14, try node.flag("training_mode", default: false) {
      throw OperatorError("attribute training_mode is 1, expected 0: only inference is supported")
    }
    for output in 1..<max(node.outputCount, 1) where node.names(output: output) {
      throw OperatorError("output \(output) is asked for, which only training makes")
    }
  }

  /// - Parameter run: elements of `X` in a row that share a mean, a variance, a scale and a bias.
  private static func normalizing<T: FloatingElement>(
    _: T.Type, _ shape: Shape, run length: Int, _ epsilon: Float
  ) -> PreparedNode {
    PreparedNode(T.elementType, shape) { run in
      let (x, y) = (run.input(0, of: T.self), run.output(of: T.self))
      let (scale, bias) = (run.input(1, of: T.self), run.input(2, of: T.self))
      let (mean, variance) = (run.input(3, of: T.self), run.input(4, of: T.self))
      guard !x.isEmpty else { return }
      let factors = scale.indices.map { scale[$0] / (variance[$0] + T(epsilon)).squareRoot() }
      let chunk = max(ThreadTeam.chunkSize / length, 1)
      run.team.forEachChunk(of: x.count / length, chunk: chunk) { rows in
        for row in rows {
          let channel = row % factors.count
          let (center, factor, shift) = (mean[channel], factors[channel], bias[channel])
          for i in row * length..<(row + 1) * length { y[i] = (x[i] - center) * factor + shift }
        }
      }
    }
  }
}
