import BoxMath
import Tensors

/// TensorRT plugin `BatchedNMSDynamic_TRT`, version 1 (NVIDIA/TensorRT `plugin/batchedNMSPlugin`,
/// `plugin/common/kernels/sortScoresPerClass.cu`, `allClassNMS.cu`, `sortScoresPerImage.cu`), in any
/// domain.
///
/// Inputs: corners `[N, A, 1, 4]` with `shareLocation` and `[N, A, nc, 4]` without, scores
/// `[N, A, nc]`. Outputs, with K for `keepTopK`: `[N, 1]` int32, boxes `[N, K, 4]`, scores `[N, K]`,
/// and classes `[N, K]` of the scores' type.
///
/// - A score has to be above `scoreThreshold`; of each class the best `topK` take part; a box is
///   dropped when it overlaps a kept one of its class by more than `iouThreshold`.
/// - The best K of all classes are given out. Both sorts are stable, so equal scores stand by class
///   and then by box, here as on the GPU.
/// - Rows that are not used hold zeros, and the class -1.
/// - `isNormalized` and `caffeSemantics` choose the ``OverlapMeasure``; `clipBoxes` cuts off what is
///   given out at 0 and 1 and plays no part before.
/// - `scoreBits` shortens the sort of float16 scores on the GPU; here they are compared whole.
package enum BatchedNMSDynamic: ArithmeticOperator, PluginOperator {
  package static let type = BatchedNMSParameters.dynamicOperatorType

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try prepareBatchedNMS(&node) { [$0, 1] }
  }

  package static func readParameters(_ attributes: inout PluginNode) throws {
    _ = try BatchedNMSParameters(&attributes)
  }
}

/// TensorRT plugin `BatchedNMS_TRT`, version 1: ``BatchedNMSDynamic`` with the batch for TensorRT's
/// implicit one. The number of rows is a scalar for each image: `[N]`.
package enum BatchedNMS: ArithmeticOperator, PluginOperator {
  package static let type = BatchedNMSParameters.staticOperatorType

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try prepareBatchedNMS(&node) { [$0] }
  }

  package static func readParameters(_ attributes: inout PluginNode) throws {
    _ = try BatchedNMSParameters(&attributes)
  }
}

private func prepareBatchedNMS(
  _ node: inout NodeReader, countShape: (_ batch: Int) -> [Int]
) throws -> PreparedNode {
  try node.expectInputs(2...2)
  try node.expectOutputs(atMost: 4)
  var attributes = try node.pluginAttributes(version: "1")
  let parameters = try BatchedNMSParameters(&attributes)
  let operands = try SuppressionOperands(node, boxRanks: 4...4)
  guard operands.classCount == parameters.classCount else {
    throw OperatorError(
      "input 1 has scores of \(operands.classCount) classes, expected \(parameters.classCount) "
        + "(attribute numClasses)")
  }
  let boxesPerPlace = parameters.sharesBoxes ? 1 : parameters.classCount
  guard operands.boxesPerPlace == boxesPerPlace else {
    throw OperatorError(
      "input 0 has \(operands.boxesPerPlace) boxes at each place, expected \(boxesPerPlace) "
        + "(attribute shareLocation)")
  }
  let outputs = try operands.outputs(
    maximumCount: parameters.maximumCount, countShape: countShape(operands.batch),
    classes: operands.elementType)
  let suppression = parameters.suppression
  switch operands.elementType {
  case .float32:
    return PreparedNode(
      outputs: outputs, body: .compute { try run(of: Float.self, $0, operands, suppression) })
  default:
    return PreparedNode(
      outputs: outputs, body: .compute { try run(of: Double.self, $0, operands, suppression) })
  }
}

private func run<T: FloatingElement>(
  of type: T.Type, _ run: NodeRun, _ operands: SuppressionOperands,
  _ suppression: PluginSuppression
) throws {
  let boxes: UnsafeBufferPointer<T> = run.input(0)
  let classes: UnsafeMutableBufferPointer<T> = run.output(3)
  classes.update(repeating: -1)
  try SuppressedRows<T>(operands: operands, suppression: suppression, scores: run.input(1)) {
    CodedBox(boxes, at: 4 * $0)
  }.fill(run) { classes[$0] = T($1) }
}
