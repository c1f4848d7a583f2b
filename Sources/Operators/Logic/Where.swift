import Kernels
import Tensors

/// `X` where `condition` holds and `Y` elsewhere, broadcast.
package struct Where: Operator {
  package static let type = "Where"
  package static let opsets = 9...newestOpset

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(3...3)
    let operands = try node.operandList()
    guard operands[0].elementType == .bool else {
      throw OperatorError("input 0 is \(operands[0].elementType), expected bool")
    }
    let elementType = operands[1].elementType
    guard operands[2].elementType == elementType else {
      throw OperatorError(
        "inputs 1 and 2 are \(elementType) and \(operands[2].elementType), expected one type")
    }
    let shape = try Broadcast.commonShape(of: operands)
    let walk = Broadcast.walk(operands.map { $0.shape }, to: shape)
    return PreparedNode(elementType, shape) { run in
      switch elementType.byteCount {
      case 1: run.select(UInt8.self, walk)
      case 2: run.select(UInt16.self, walk)
      case 4: run.select(UInt32.self, walk)
      default: run.select(UInt64.self, walk)
      }
    }
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let condition = node.input(0), let yes = node.input(1), let no = node.input(2),
      let branches = node.broadcast(yes.shape, no.shape),
      let shape = node.broadcast(condition.shape, branches)
    else { return nil }
    var values: [Size]?
    if let chosen = condition.values?.fixed, condition.shape == shape, let yesValues = yes.values,
      let noValues = no.values, yes.shape == shape, no.shape == shape
    {
      values = chosen.indices.map { chosen[$0] != 0 ? yesValues[$0] : noValues[$0] }
    }
    return [SymbolicTensor(yes.elementType, shape, values: values)]
  }
}

extension NodeRun {
  /// Selects elements by their bits.
  fileprivate func select<Bits: BitwiseCopyable>(_: Bits.Type, _ walk: BroadcastWalk) {
    let condition = input(0, of: Bool.self)
    let output = outputs[0].unsafeBytes.assumingMemoryBound(to: Bits.self)
    inputs[1]!.withUnsafeBytes { left in
      inputs[2]!.withUnsafeBytes { right in
        walk.forEachRun(team: team) { run in
          let c = condition.baseAddress! + run.starts[0]
          let a = left.assumingMemoryBound(to: Bits.self).baseAddress! + run.starts[1]
          let b = right.assumingMemoryBound(to: Bits.self).baseAddress! + run.starts[2]
          let result = output.baseAddress! + run.output
          let steps = run.steps
          if steps == BroadcastWalk.PerOperand(1, 1, 1, 0) {
            for i in 0..<run.count { result[i] = c[i] ? a[i] : b[i] }
          } else {
            for i in 0..<run.count {
              result[i] = c[i &* steps[0]] ? a[i &* steps[1]] : b[i &* steps[2]]
            }
          }
        }
      }
    }
  }
}
