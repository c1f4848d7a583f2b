import Kernels
import Tensors

/// `GlobalAveragePool`: the mean over all spatial dimensions of `[N, C, spatial…]`, each kept as 1.
enum GlobalAveragePool: ArithmeticOperator {
  static let type = "GlobalAveragePool"
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let data = try node.operand(0)
    guard data.shape.rank >= 2 else {
      throw OperatorError("input of shape \(data.shape), expected [N,C,…]")
    }
    switch data.elementType {
    case .float32: return prepared(Float.self, data.shape)
    case .float64: return prepared(Double.self, data.shape)
    default:
      throw OperatorError("input 0 is \(data.elementType), expected a floating-point type")
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0), input.shape.count > 2 else { return nil }
    let ones = [Size](repeating: Size(1), count: input.shape.count - 2)
    return [SymbolicTensor(input.elementType, input.shape[..<2] + ones)]
  }

  private static func prepared<T: FloatingElement & SIMDScalar>(
    _: T.Type, _ shape: Shape
  ) -> PreparedNode {
    let spatial = 2..<shape.rank
    let output = Shape([shape[0], shape[1]] + spatial.map { _ in 1 })
    return PreparedNode(T.elementType, output) { run in
      averagePlanes(
        planes: output.elementCount, count: shape.elementCount(in: spatial),
        from: run.input(0, of: T.self).baseAddress!, to: run.output(of: T.self).baseAddress!,
        team: run.team)
    }
  }
}
