import Kernels
import Tensors

/// `InstanceNormalization`: `(X - mean) / sqrt(variance + epsilon) * scale + B`, mean and variance of
/// each channel of each image; opsets 6 and 22.
///
/// X `[N, C, D1…]`, scale and B `[C]`.
enum InstanceNormalization: ArithmeticOperator {
  static let type = "InstanceNormalization"
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(3...3)
    let x = try node.channelOperand(0)
    return try Groups(
      x: x.shape, count: x.shape[0] * x.shape[1], epsilon: try node.float("epsilon") ?? 1e-5,
      affine: Affine(node, channelsOf: x)
    ).node(for: x.elementType)
  }
}

/// `GroupNormalization`: the same over `num_groups` groups of neighbouring channels; opsets 18 and 21.
///
/// X `[N, C, D1…]`, scale and bias `[C]`, or `[num_groups]` before opset 21.
enum GroupNormalization: ArithmeticOperator {
  static let type = "GroupNormalization"
  static let opsets = 18...newestOpset
  static let accumulates = true
  static let revisions: [Revision] = [21]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(3...3)
    let x = try node.channelOperand(0)
    let channels = x.shape[1]
    if node.opset >= 21 { _ = try node.stashType() }
    guard let groups = try node.int("num_groups"), groups > 0, channels % groups == 0 else {
      throw OperatorError(
        "attribute num_groups is missing or does not divide the \(channels) channels")
    }
    let grouped = try Operand(
      elementType: x.elementType,
      shape: Shape(validating: [x.shape[0], groups, channels / groups] + x.shape.dropFirst(2)))
    return try Groups(
      x: x.shape, count: x.shape[0] * groups, epsilon: try node.float("epsilon") ?? 1e-5,
      affine: Affine(node, channelsOf: node.opset < 21 ? grouped : x),
      affineShape: node.opset < 21 ? grouped.shape : x.shape
    ).node(for: x.elementType)
  }
}

extension NodeReader {
  /// An input `[N, C, …]`.
  func channelOperand(_ index: Int) throws -> Operand {
    let operand = try operand(index)
    guard operand.shape.rank >= 2 else {
      throw OperatorError("input \(index) has shape \(operand.shape), expected [N,C,…]")
    }
    return operand
  }
}

/// Stretches of consecutive elements, each to become standardised.
private struct Groups: FloatingPreparation, Sendable {
  let x: Shape
  let count: Int
  let epsilon: Float
  let affine: Affine
  /// The shape under which scale and bias are applied.
  let affineShape: Shape

  init(x: Shape, count: Int, epsilon: Float, affine: Affine, affineShape: Shape? = nil) {
    self.x = x
    self.count = count
    self.epsilon = epsilon
    self.affine = affine
    self.affineShape = affineShape ?? x
  }

  func node<T: FloatingElement>(_: T.Type) -> PreparedNode {
    PreparedNode(T.elementType, x) { run in
      guard x.elementCount > 0 else { return }
      let (input, output) = (run.input(0, of: T.self), run.output(0, of: T.self))
      let size = x.elementCount / count
      run.team.forEachChunk(of: count, chunk: max(ThreadTeam.chunkSize / size, 1)) {
        for group in $0 {
          let set = group * size..<(group + 1) * size
          Standardization(UnsafeBufferPointer(rebasing: input[set]), epsilon: epsilon)
            .apply(to: input, into: output, set)
        }
      }
      affine.apply(in: run, to: output, affineShape)
    }
  }
}
