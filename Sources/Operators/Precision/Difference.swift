import Tensors

/// The verifier's own operator `Difference`: how far the first input is from the second, as
/// ``ErrorFigures`` in a float64 tensor.
///
/// Graphs are rewritten with it to measure tensors where they are made, so that none has to be kept.
package enum Difference: Operator {
  package static let type = "Difference"
  package static let opsets = 0...0

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let (tensor, reference) = (try node.operand(0), try node.operand(1))
    guard tensor.shape == reference.shape, tensor.elementType.isFloatingPoint,
      reference.elementType.isFloatingPoint
    else {
      throw OperatorError(
        "inputs are \(tensor.elementType)\(tensor.shape) and "
          + "\(reference.elementType)\(reference.shape), expected floating point of one shape")
    }
    return PreparedNode(.float64, [ErrorFigures().values.count]) { run in
      let figures = ErrorFigures(of: run.inputs[0]!, from: run.inputs[1]!, team: run.team)
      _ = run.output(of: Double.self).update(fromContentsOf: figures.values)
    }
  }
}
