import Kernels
import Tensors

/// `LayerNormalization`: `(X - mean) / sqrt(variance + epsilon) * Scale + B`, mean and variance over
/// all dimensions from `axis` on (the last by default); opset 17.
///
/// `Scale` and `B`, which may be left out, broadcast to X. Optional outputs: mean and
/// `1 / sqrt(variance + epsilon)`, float32 (or bfloat16 with `stash_type` 16) in X's shape with the
/// normalised dimensions 1. Statistics are computed in float64 whatever `stash_type` says.
enum LayerNormalization: ArithmeticOperator {
  static let type = "LayerNormalization"
  static let opsets = 17...newestOpset
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...3)
    try node.expectOutputs(atMost: 3)
    let x = try node.operand(0)
    let axis = try node.axis(default: -1, of: x.shape)
    let epsilon = try node.float("epsilon") ?? 1e-5
    let stash = try node.stashType()
    let affine = try Affine(node, broadcastTo: x)
    return try Layers(
      x: x.shape, axis: axis, epsilon: epsilon, affine: affine, stash: stash,
      statistics: (1..<3).map { node.names(output: $0) }
    ).node(for: x.elementType)
  }
}

/// Sets of elements that lie together, each to become standardised.
private struct Layers: FloatingPreparation, Sendable {
  let x: Shape
  let axis: Int
  let epsilon: Float
  let affine: Affine
  let stash: ElementType
  /// Whether the node names the outputs with the mean and the factor.
  let statistics: [Bool]

  func node<T: FloatingElement>(_: T.Type) -> PreparedNode {
    let reduced = Shape(x.indices.map { $0 < axis ? x[$0] : 1 })
    let statistic = PreparedNode.Output(stash, reduced, keepsType: true)
    return PreparedNode(
      outputs: [.init(T.elementType, x), statistic, statistic],
      body: .compute { run in
        let rows = reduced.elementCount
        let found = standardize(run.input(0, of: T.self), rows: rows, into: run.output(), run.team)
        affine.apply(in: run, to: run.output(0, of: T.self), x)
        for (index, isNamed) in statistics.enumerated() where isNamed {
          Tensor(index == 0 ? found.means : found.factors, shape: reduced)
            .cast(into: run.outputs[index + 1], team: run.team)
        }
      })
  }

  private func standardize<T: FloatingElement>(
    _ input: UnsafeBufferPointer<T>, rows: Int, into output: UnsafeMutableBufferPointer<T>,
    _ team: ThreadTeam
  ) -> (means: [Double], factors: [Double]) {
    var means = [Double](repeating: .nan, count: rows)
    var factors = means
    let size = x.elementCount(in: axis..<x.rank)
    means.withUnsafeMutableBufferPointer { means in
      factors.withUnsafeMutableBufferPointer { factors in
        team.forEachChunk(of: rows, chunk: max(ThreadTeam.chunkSize / max(size, 1), 1)) {
          for row in $0 {
            let set = row * size..<(row + 1) * size
            let found = Standardization(
              UnsafeBufferPointer(rebasing: input[set]), epsilon: epsilon)
            found.apply(to: input, into: output, set)
            (means[row], factors[row]) = (found.mean, found.factor)
          }
        }
      }
    }
    return (means, factors)
  }
}

extension NodeReader {
  /// The type of the statistics that `stash_type` names, float32 by default.
  mutating func stashType() throws -> ElementType {
    switch try int("stash_type") ?? 1 {
    case 1: return .float32
    case 16: return .bfloat16
    case let code:
      throw OperatorError("attribute stash_type is \(code), expected 1 (float32) or 16 (bfloat16)")
    }
  }
}
