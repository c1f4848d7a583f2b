import Kernels
import Tensors

/// The input as it is, with a mask that keeps everything: dropout outside of training, or of nothing.
struct Dropout: Operator {
  static let type = "Dropout"
  static let rearranges = true
  static let revisions: [Revision] = [10, 12]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    if node.opset < 12 {
      try node.expectInputs(1...1)
      node.ignore("ratio")
    } else {
      try node.expectInputs(1...3)
      node.ignore("seed")
      if node.optionalOperand(2) != nil, try node.isTrue(2), try node.ratio() != 0 {
        throw OperatorError("input 2 (training_mode) is true: only inference is supported")
      }
    }
    guard node.outputCount > 1, node.names(output: 1) else {
      return .reshaping(operand, to: operand.shape)
    }
    let maskType = node.opset < 10 ? operand.elementType : .bool
    return PreparedNode(
      outputs: [
        PreparedNode.Output(operand.elementType, operand.shape),
        PreparedNode.Output(maskType, operand.shape),
      ],
      body: .compute { run in
        run.inputs[0]!.withUnsafeBytes { run.outputs[0].unsafeBytes.copyMemory(from: $0) }
        let kept = Tensor(Bool.self, shape: operand.shape) { $0.initialize(repeating: true) }
        kept.cast(into: run.outputs[1], team: run.team)
      })
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.input(0).map { [$0] }
  }

  static func isIdentity(_ node: SymbolicNode) -> Bool {
    node.inputs.count < 3
  }
}

extension NodeReader {
  /// Whether the only element of an input is true.
  fileprivate func isTrue(_ index: Int) throws -> Bool {
    let tensor = try value(index)
    guard tensor.elementType == .bool, tensor.shape.elementCount == 1 else {
      throw OperatorError(
        "input \(index) is \(tensor.elementType)\(tensor.shape), expected a scalar of bool")
    }
    return tensor.elements(of: Bool.self)[0]
  }

  /// The part of the elements that training drops.
  fileprivate func ratio() throws -> Double {
    guard optionalOperand(1) != nil else { return 0.5 }
    let ratio = try value(1).cast(to: .float64, team: ThreadTeam(threadCount: 1))
    return ratio.elements(of: Double.self).first ?? 0.5
  }
}
