import BoxMath
import Tensors

/// TensorRT plugin `EfficientNMS_TRT`, version 1 (NVIDIA/TensorRT `plugin/efficientNMSPlugin`), in
/// any domain.
///
/// Inputs: boxes `[N, A, 4]`, `[N, A, 1, 4]` or `[N, A, nc, 4]`, scores `[N, A, nc]`, and, where the
/// boxes are corrections to be decoded, anchors `[1, A, 4]` or `[N, A, 4]`, in the coding of the
/// boxes (`box_coding`). Outputs, with K for `max_output_boxes`: `[N, 1]` int32, corners
/// `[N, K, 4]`, scores `[N, K]`, classes `[N, K]` int32.
///
/// - A score has to be at least `score_threshold`; with `score_activation` scores come in as logits
///   and are given out through a sigmoid. The best 5000 of an image, of all classes, take part
///   (`initialize()` sets that, whatever the header says; 2000 on TX1 and TX2).
/// - A box is dropped when it overlaps a kept one of its class, or of any class with
///   `class_agnostic`, by at least `iou_threshold`.
/// - Rows that are not used hold zeros.
/// - Equal scores stand by box and then by class. On the GPU their order is left open: slots are
///   taken by an atomic add.
/// - Below a threshold of 0.007 the GPU fills rows that would stay empty with boxes below the
///   threshold, at a score of -32768 (0 behind a sigmoid), and counts them; the README knows no such
///   rows, and here there are none.
package enum EfficientNMS: ArithmeticOperator, PluginOperator {
  package static let type = EfficientNMSParameters.operatorType

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...3)
    try node.expectOutputs(atMost: 4)
    var attributes = try node.pluginAttributes(version: "1")
    let parameters = try EfficientNMSParameters(&attributes)
    let operands = try SuppressionOperands(node, boxRanks: 3...4)
    guard [1, operands.classCount].contains(operands.boxesPerPlace) else {
      throw OperatorError(
        "input 0 has \(operands.boxesPerPlace) boxes at each place, expected 1 or one for each of "
          + "\(operands.classCount) classes")
    }
    let anchorBatch = try node.optionalOperand(2).map { try batch(ofAnchors: $0, operands) }
    let outputs = try operands.outputs(
      maximumCount: parameters.maximumCount, countShape: [operands.batch, 1], classes: .int32)
    switch operands.elementType {
    case .float32:
      let body = EfficientNMSRun<Float>(
        operands: operands, parameters: parameters, anchorBatch: anchorBatch)
      return PreparedNode(outputs: outputs, body: .compute { try body($0) })
    default:
      let body = EfficientNMSRun<Double>(
        operands: operands, parameters: parameters, anchorBatch: anchorBatch)
      return PreparedNode(outputs: outputs, body: .compute { try body($0) })
    }
  }

  package static func readParameters(_ attributes: inout PluginNode) throws {
    _ = try EfficientNMSParameters(&attributes)
  }

  private static func batch(
    ofAnchors anchors: Operand, _ operands: SuppressionOperands
  ) throws -> Int {
    guard anchors.elementType == operands.elementType, anchors.shape.rank == 3,
      [1, operands.batch].contains(anchors.shape[0]), anchors.shape[1] == operands.boxCount,
      anchors.shape[2] == 4
    else {
      throw OperatorError(
        "input 2 is \(anchors.elementType)\(anchors.shape), expected \(operands.elementType) anchors "
          + "[1,\(operands.boxCount),4] or [\(operands.batch),\(operands.boxCount),4]")
    }
    return anchors.shape[0]
  }
}

private struct EfficientNMSRun<T: FloatingElement> {
  let operands: SuppressionOperands
  let parameters: EfficientNMSParameters
  /// `nil` where boxes come in decoded.
  let anchorBatch: Int?

  func callAsFunction(_ run: NodeRun) throws {
    let classes: UnsafeMutableBufferPointer<Int32> = run.output(3)
    classes.update(repeating: 0)
    let rows = SuppressedRows<T>(
      operands: operands, suppression: parameters.suppressionOfInputs, scores: run.input(1),
      corners: corners(run))
    try rows.fill(run) { score in
      parameters.appliesSigmoid ? 1 / (1 + T.exp(-score)) : score
    } writeClass: {
      classes[$0] = Int32(truncatingIfNeeded: $1)
    }
  }

  private func corners(_ run: NodeRun) -> (Int) -> CodedBox<T> {
    let boxes: UnsafeBufferPointer<T> = run.input(0)
    let coding = parameters.boxCoding
    guard let anchorBatch else {
      return { CodedBox(boxes, at: 4 * $0).corners(from: coding) }
    }
    let anchors: UnsafeBufferPointer<T> = run.input(2)
    let (boxesPerPlace, anchorCount) = (operands.boxesPerPlace, anchorBatch * operands.boxCount)
    return { place in
      let anchor = CodedBox(anchors, at: 4 * (place / boxesPerPlace % anchorCount))
      return CodedBox(boxes, at: 4 * place).decoded(from: anchor, coding).corners(from: coding)
    }
  }
}
