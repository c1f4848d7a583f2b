import Kernels
import Tensors

/// `MaxPool`: the largest element of every window; optionally (opset 8) where it stands in the
/// flattened input, columns first with `storage_order` 1.
///
/// A window that holds a NaN gives NaN. (ONNX Runtime's answer depends on where in the window the
/// NaN stands.)
enum MaxPool: ArithmeticOperator {
  static let type = "MaxPool"
  static let revisions: [Revision] = [
    8, Revision(10, attributes: "ceil_mode", "dilations"),
  ]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let elementType = try node.operand(0).elementType
    let window = try PoolingWindow(&node, dilationsSince: 10)
    let columnsFirst =
      node.opset >= 8 ? try node.flag("storage_order", default: false) : false
    var outputs = [PreparedNode.Output(elementType, window.outputShape)]
    guard (1...(node.opset < 8 ? 1 : 2)).contains(node.outputCount) else {
      throw OperatorError("\(node.outputCount) outputs in opset \(node.opset)")
    }
    let wantsIndices = node.outputCount == 2
    if wantsIndices { outputs.append(.init(.int64, window.outputShape)) }

    func body<R: WindowReduction>(_: R.Type) -> PreparedNode.Body
    where R.Element: Element & Comparable {
      wantsIndices
        ? .compute { maxima(R.self, window, columnsFirst: columnsFirst, in: $0) }
        : .compute { run in
          reduceWindows(
            R.self, planes: window.planes, axes: window.axes,
            from: run.input(0, of: R.Element.self).baseAddress!,
            to: run.output(of: R.Element.self).baseAddress!, team: run.team)
        }
    }
    switch elementType {
    case .float32: return PreparedNode(outputs: outputs, body: body(Maximum<Float>.self))
    case .float64: return PreparedNode(outputs: outputs, body: body(Maximum<Double>.self))
    case .int8: return PreparedNode(outputs: outputs, body: body(Maximum<Int8>.self))
    case .uint8: return PreparedNode(outputs: outputs, body: body(Maximum<UInt8>.self))
    default:
      throw OperatorError(
        "input 0 is \(elementType), expected a floating-point type, int8 or uint8")
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.pooled
  }

  private static func maxima<R: WindowReduction>(
    _: R.Type, _ window: PoolingWindow, columnsFirst: Bool, in run: NodeRun
  ) where R.Element: Element & Comparable {
    let sizes = window.axes.map { $0.input }
    let inputSize = sizes.reduce(1, *)
    let outputSize = window.axes.reduce(1) { $0 * $1.output }
    let strides =
      columnsFirst ? [1, sizes[0], sizes[0] * sizes[1]] : [sizes[1] * sizes[2], sizes[2], 1]
    nonisolated(unsafe) let source = run.input(0, of: R.Element.self).baseAddress!
    nonisolated(unsafe) let values = run.output(0, of: R.Element.self).baseAddress!
    nonisolated(unsafe) let indices = run.output(1, of: Int64.self).baseAddress!
    run.team.forEach(outputSize == 0 ? 0 : window.planes) { plane, _ in
      let found = indices + plane * outputSize
      windowMaxima(
        R.self, axes: window.axes, indexStrides: strides, from: source + plane * inputSize,
        to: values + plane * outputSize, indices: found)
      for index in 0..<outputSize where found[index] >= 0 {
        found[index] += Int64(plane * inputSize)
      }
    }
  }
}
