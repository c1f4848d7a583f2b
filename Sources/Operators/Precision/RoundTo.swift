import Kernels
import Tensors

/// The verifier's own operator `RoundTo`: float32 elements as the nearest values of a narrower
/// `format`, still float32; tensors of every other type as they are.
///
/// Graphs are rewritten with it to compute as an engine of reduced precision would.
package enum RoundTo: Operator {
  package static let type = "RoundTo"
  package static let opsets = 0...0

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let operand = try node.operand(0)
    let format = try node.choice("format", default: NarrowFormat.fp16)
    guard operand.elementType == .float32 else { return .reshaping(operand, to: operand.shape) }
    return PreparedNode(.float32, operand.shape) { run in
      format.round(run.input(0), into: run.output(), team: run.team)
    }
  }
}
