import Kernels
import Tensors

/// `ConvInteger`: the convolution of integers of 8 bits less their zero points, as int32; opset 10.
///
/// x `[N, C, D1…]`, w `[M, C/group, k1…]`, one zero point of `x`, one of `w` or `[M]`. Sums are exact
/// and wrap around beyond int32; what pads `x` is its zero point.
enum ConvInteger: Operator {
  static let type = "ConvInteger"
  static let opsets = 10...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...4)
    return try ExactProduct(&node, .convolution, left: 0, right: 1, zeroPoints: (2, 3)).node {
      $1.writeInt32(to: $0.outputs[0], team: $0.team)
    }
  }
}

/// `MatMulInteger`: the matrix product of integers of 8 bits less their zero points, as int32;
/// opset 10.
///
/// A `[…, M, K]` with one zero point or `[M]`, B `[…, K, N]` with one or `[N]`. Sums are exact and wrap
/// around beyond int32.
enum MatMulInteger: Operator {
  static let type = "MatMulInteger"
  static let opsets = 10...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...4)
    return try ExactProduct(&node, .matrices, left: 0, right: 1, zeroPoints: (2, 3)).node {
      $1.writeInt32(to: $0.outputs[0], team: $0.team)
    }
  }
}

extension Tensor {
  /// Writes float64 sums of integers as int32, which wrap around.
  fileprivate func writeInt32(to result: MutableTensor, team: ThreadTeam) {
    withElements(of: Double.self) { sums in
      let output = result.unsafeElements(of: Int32.self)
      team.forEachChunk(of: sums.count) { for i in $0 { output[i] = Int32(sum: sums[i]) } }
    }
  }
}
