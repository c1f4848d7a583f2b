import Kernels
import Tensors

/// `X` where `condition` holds and `Y` elsewhere, broadcast.
struct Where: Operator {
  static let type = "Where"
  static let opsets = 9...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
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
}

extension NodeRun {
  /// Selects elements by their bits.
  fileprivate func select<Bits: BitwiseCopyable>(_: Bits.Type, _ walk: BroadcastWalk) {
    inputs[1]!.withUnsafeBytes { left in
      inputs[2]!.withUnsafeBytes { right in
        team.select(
          input(0), left.assumingMemoryBound(to: Bits.self),
          right.assumingMemoryBound(to: Bits.self),
          into: outputs[0].unsafeBytes.assumingMemoryBound(to: Bits.self), walk: walk)
      }
    }
  }
}
