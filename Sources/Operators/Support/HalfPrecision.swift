import Kernels
import ONNXGraph
import Tensors

/// Prepares a node by its operator, with the attributes it does not know refused.
///
/// An ``ArithmeticOperator`` is shown float32 where operands are float16 or bfloat16; its float32
/// results are then rounded once.
package func prepareNode(
  _ type: any Operator.Type, node: Node, opset: Int, operands: [Operand?],
  convolution: ConvolutionMethod = .fastest
) throws -> PreparedNode {
  let floats = operands.compactMap { $0?.elementType }.filter { $0.isFloatingPoint }
  // In this order: the cast takes a while for every operator that is none.
  guard floats.contains(where: { $0.halfConversion != nil }),
    let arithmetic = type as? any ArithmeticOperator.Type
  else {
    return try prepareAsIs(
      type, node: node, opset: opset, operands: operands, convolution: convolution)
  }

  if !arithmetic.allowsMixedPrecision, let other = floats.first(where: { $0 != floats[0] }) {
    throw OperatorError("operands are \(floats[0]) and \(other), expected one type")
  }
  let wideOperands = operands.map { $0?.widened }
  let wide = try prepareAsIs(
    type, node: node, opset: opset, operands: wideOperands, convolution: convolution)
  return wide.narrowed(to: floats[0], operands: operands, wideOperands: wideOperands)
}

private func prepareAsIs(
  _ type: any Operator.Type, node: Node, opset: Int, operands: [Operand?],
  convolution: ConvolutionMethod = .fastest
) throws -> PreparedNode {
  for (index, operand) in operands.enumerated() {
    if let operand { try operand.shape.checkRank("input \(index)") }
  }
  var reader = NodeReader(
    node: node, opset: opset, operands: operands, convolution: convolution)
  let prepared = try type.prepare(&reader)
  try reader.finish()
  let named = node.outputs.lastIndex { !$0.isEmpty } ?? -1
  guard named < prepared.outputs.count else {
    throw OperatorError("\(node.outputs.count) outputs, expected at most \(prepared.outputs.count)")
  }
  for (index, output) in prepared.outputs.enumerated() {
    try output.shape.checkRank("output \(index)")
  }
  return prepared.isWithoutResults ? prepared.computingNothing : prepared
}

extension Shape {
  fileprivate func checkRank(_ title: String) throws {
    guard rank <= Shape.largestRank else {
      throw OperatorError(
        "\(title) has \(rank) dimensions, expected at most \(Shape.largestRank)")
    }
  }
}

extension PreparedNode {
  fileprivate var isWithoutResults: Bool {
    guard case .compute = body else { return false }
    return outputs.allSatisfy { $0.shape.elementCount == 0 }
  }

  /// The node where no element of a result is to be written: other dimensions of its inputs may be
  /// large then, and are not looked at.
  fileprivate var computingNothing: PreparedNode {
    PreparedNode(outputs: outputs, body: .compute { _ in })
  }
}

extension PreparedNode {
  /// This node, prepared for `wideOperands`, as one that reads `operands` and whose float32 results
  /// have `type`.
  fileprivate func narrowed(
    to type: ElementType, operands: [Operand?], wideOperands: [Operand?]
  ) -> PreparedNode {
    let narrowOutputs = outputs.map {
      $0.elementType == .float32 && !$0.keepsType ? Output(type, $0.shape) : $0
    }
    switch body {
    case .alias: return PreparedNode(outputs: narrowOutputs, body: body)
    case .constants(let tensors):
      let team = ThreadTeam(threadCount: 1)
      return .constants(
        zip(tensors, narrowOutputs).map { $0.rounded(to: $1.elementType, team: team) })
    case .compute(let compute):
      let wideOutputs = outputs
      let constants = zip(operands, wideOperands).map { operand, wide in
        operand?.elementType.halfConversion == nil ? nil : wide?.value
      }
      var narrow = PreparedNode(
        outputs: narrowOutputs,
        body: .compute { run in
          let results = zip(run.outputs, wideOutputs).map { result, wide in
            result.elementType == wide.elementType
              ? result : MutableTensor(elementType: wide.elementType, shape: wide.shape)
          }
          let inputs = zip(run.inputs, constants).map { $1 ?? $0?.widened(team: run.team) }
          try compute(run.replacing(inputs: inputs, outputs: results))
          for (result, output) in zip(results, run.outputs)
          where result.elementType != output.elementType {
            result.tensor.round(into: output, team: run.team)
          }
        })
      narrow.workspaceBytesPerWorker = workspaceBytesPerWorker
      narrow.heldBytes = heldBytes
      let widened = zip(operands, constants).reduce(0) { count, operand in
        guard let half = operand.0, half.elementType.halfConversion != nil, operand.1 == nil else {
          return count
        }
        return count + half.shape.elementCount
      }
      let rounded = zip(wideOutputs, narrowOutputs).reduce(0) { count, output in
        output.0.elementType == output.1.elementType ? count : count + output.0.shape.elementCount
      }
      narrow.scratchBytes = scratchBytes + (widened + rounded) * MemoryLayout<Float>.stride
      narrow.multiplyAdds = multiplyAdds
      return narrow
    }
  }
}

extension Operand {
  fileprivate var widened: Operand {
    guard elementType.halfConversion != nil else { return self }
    return Operand(
      elementType: .float32, shape: shape,
      value: value?.widened(team: ThreadTeam(threadCount: 1)))
  }
}

extension ElementType {
  /// How elements of this type become float32 and come back, when it is a half-width float.
  var halfConversion: HalfConversion? {
    switch self {
    case .float16: .float16
    case .bfloat16: .bfloat16
    default: nil
    }
  }
}

extension Tensor {
  /// Float16 and bfloat16 elements as float32, all others as they are.
  func widened(team: ThreadTeam) -> Tensor {
    guard elementType.halfConversion != nil else { return self }
    let wide = MutableTensor(elementType: .float32, shape: shape)
    widen(into: wide, team: team)
    return wide.tensor
  }

  /// Writes float16 or bfloat16 elements to a float32 tensor.
  func widen(into wide: MutableTensor, team: ThreadTeam) {
    withUnsafeBytes { narrow in
      elementType.halfConversion!.widen(
        narrow.assumingMemoryBound(to: UInt16.self), into: wide.unsafeElements(of: Float.self),
        team: team)
    }
  }

  /// Float32 elements as `type`; any other tensor has `type` already.
  fileprivate func rounded(to type: ElementType, team: ThreadTeam) -> Tensor {
    guard type != elementType else { return self }
    let narrow = MutableTensor(elementType: type, shape: shape)
    round(into: narrow, team: team)
    return narrow.tensor
  }

  /// Writes float32 elements to a float16 or bfloat16 tensor.
  func round(into narrow: MutableTensor, team: ThreadTeam) {
    withElements(of: Float.self) { wide in
      narrow.elementType.halfConversion!.round(
        wide, into: narrow.unsafeBytes.assumingMemoryBound(to: UInt16.self), team: team)
    }
  }
}
