import Kernels
import Tensors

/// `DynamicQuantizeLinear`: the input quantised to uint8 with the scale and zero point of its own
/// range, which is widened to hold zero; opset 11. Outputs: the integers, the scale, the zero point.
enum DynamicQuantizeLinear: ArithmeticOperator {
  static let type = "DynamicQuantizeLinear"
  static let opsets = 11...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    try node.expectOutputs(atMost: 3)
    let x = try node.operand(0)
    return try Quantization(shape: x.shape).node(for: x.elementType)
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let x = node.input(0) else { return nil }
    return [
      SymbolicTensor(.uint8, x.shape), SymbolicTensor(x.elementType, []),
      SymbolicTensor(.uint8, []),
    ]
  }

  private struct Quantization: FloatingPreparation, Sendable {
    let shape: Shape

    func node<T: FloatingElement>(_: T.Type) -> PreparedNode {
      PreparedNode(
        outputs: [.init(.uint8, shape), .init(T.elementType, []), .init(.uint8, [])],
        body: .compute { run in
          let x = run.input(0, of: T.self)
          let low = min(T(x.reduced(by: FloatingMin<T>.self)), 0)
          let high = max(T(x.reduced(by: FloatingMax<T>.self)), 0)
          let range = high - low
          let scale = range == 0 ? 1 : range / 255
          let zero = Quantizing.rounded(-low / scale, in: 0...255, around: 0)
          run.output(1, of: T.self)[0] = scale
          run.output(2, of: UInt8.self)[0] = UInt8(truncatingIfNeeded: zero)
          Quantizing.quantize(
            run.inputs[0]!, scales: Tensor([scale]), zeroPoints: [zero], ScaleLayout(one: shape),
            into: run.outputs[0], team: run.team)
        })
    }
  }
}
