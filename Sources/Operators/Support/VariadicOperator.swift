import Kernels
import Tensors

/// An operator of any number of broadcast inputs, two by two from the first on.
protocol VariadicOperator: ArithmeticOperator, BinaryFunction { init() }

extension VariadicOperator {
  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.combined()
  }

  package static func isIdentity(_ node: SymbolicNode) -> Bool { node.inputs.count == 1 }

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operands = try node.operandList()
    guard let first = operands.first else { throw OperatorError("no inputs, expected one or more") }
    if operands.count == 1 { return .reshaping(first, to: first.shape) }
    // Two by two from the left: each step takes the result of the one before.
    var steps: [PreparedNode] = []
    var partial = first
    for operand in operands.dropFirst() {
      let step = try PreparedNode.broadcasting(Broadcast([partial, operand]), Self())
      partial = Operand(elementType: step.outputs[0].elementType, shape: step.outputs[0].shape)
      steps.append(step)
    }
    if steps.count == 1 { return steps[0] }
    return PreparedNode(partial.elementType, partial.shape) { [steps] run in
      var partial = run.inputs[0]
      for (index, step) in steps.enumerated() {
        let output =
          index == steps.indices.last
          ? run.outputs[0]
          : MutableTensor(elementType: step.outputs[0].elementType, shape: step.outputs[0].shape)
        try step.compute(
          run.replacing(inputs: [partial, run.inputs[index + 1]], outputs: [output]))
        partial = output.tensor
      }
    }
  }
}
