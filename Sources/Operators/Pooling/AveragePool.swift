import Kernels
import Tensors

/// `AveragePool`: the mean of every window. Padding is left out of the mean, or counts as zeros
/// with `count_include_pad`; what a window of `ceil_mode` reaches beyond the padding never counts.
enum AveragePool: ArithmeticOperator {
  static let type = "AveragePool"
  static let accumulates = true
  static let revisions: [Revision] = [
    Revision(10, attributes: "ceil_mode"), Revision(19, attributes: "dilations"),
  ]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let elementType = try node.operand(0).elementType
    let window = try PoolingWindow(&node, dilationsSince: 19)
    let includesPadding = try node.flag("count_include_pad", default: false)
    switch elementType {
    case .float32: return prepared(Float.self, window, includesPadding: includesPadding)
    case .float64: return prepared(Double.self, window, includesPadding: includesPadding)
    default: throw OperatorError("input 0 is \(elementType), expected a floating-point type")
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.pooled
  }

  private static func prepared<T: FloatingElement & SIMDScalar>(
    _: T.Type, _ window: PoolingWindow, includesPadding: Bool
  ) -> PreparedNode {
    PreparedNode(T.elementType, window.outputShape) { run in
      if window.outputShape.elementCount == 0 { return }
      averageWindows(
        planes: window.planes, axes: window.axes,
        counts: window.tapCounts(includingPadding: includesPadding),
        from: run.input(0, of: T.self).baseAddress!, to: run.output(of: T.self).baseAddress!,
        team: run.team)
    }
  }
}

extension PoolingWindow {
  /// For each axis, how many taps of the window at each output position count.
  fileprivate func tapCounts(includingPadding: Bool) -> [[Int]] {
    zip(axes, paddingsAfter).map { axis, after in
      let bounds = includingPadding ? -axis.padding..<axis.input + after : 0..<axis.input
      return (0..<axis.output).map { axis.taps(at: $0, in: bounds).count }
    }
  }
}
