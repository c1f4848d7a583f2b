import Kernels
import ONNXGraph
import Tensors

/// com.microsoft's `QGemm`: `alpha * A * B + C` of quantised matrices, either transposed if asked.
///
/// Inputs: a, its scale and zero point, b, its scale and zero point (one, or one for each column of the
/// product), C (int32 of scale `alpha * a_scale * b_scale`, broadcast), and the result's scale and zero
/// point; without these the result is float32. Sums of the integers are exact.
enum QGemm: ArithmeticOperator {
  static let type = "QGemm"
  static let accumulates = true
  static let allowsMixedPrecision = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(6...9)
    let (a, b) = try (node.operand(0), node.operand(3))
    for (index, operand) in [(0, a), (3, b)] {
      try operand.expect([.uint8, .int8], as: "input \(index)")
      guard operand.shape.rank == 2 else {
        throw OperatorError("input \(index) has shape \(operand.shape), expected a matrix")
      }
      try node.operand(index + 2).expect([operand.elementType], as: "input \(index + 2)")
    }
    try node.operand(1).expectScale(as: "input 1")
    try node.operand(4).expect([.float32, .float64], as: "input 4")
    let alpha = Double(try node.float("alpha") ?? 1)
    let transposesRight = try node.int("transB") ?? 0 != 0
    let columnAxis = transposesRight ? 0 : 1
    let columns = b.shape[columnAxis]
    for index in [4, 5] where ![1, columns].contains(try node.operand(index).shape.elementCount) {
      throw OperatorError("input \(index), expected one number or \(columns)")
    }
    guard try node.operand(2).shape.elementCount == 1 else {
      throw OperatorError("input 2 (zero point), expected one number")
    }
    let addend = node.optionalOperand(6)
    try addend?.expect([.int32], as: "input 6 (C)")
    let quantizes = node.optionalOperand(7) != nil
    let type = quantizes ? try node.operand(8).elementType : try node.operand(4).elementType
    if quantizes {
      try node.operand(7).expectScale(as: "input 7")
      try node.operand(8).expect([a.elementType], as: "input 8")
      guard try node.operand(8).shape.elementCount == 1 else {
        throw OperatorError("input 8 (zero point), expected one number")
      }
    }
    let transposition: [String: Attribute] = [
      "transA": .int(Int64(try node.int("transA") ?? 0)), "transB": .int(transposesRight ? 1 : 0),
    ]
    let wide = [a.shape, b.shape, addend?.shape].map { shape in
      shape.map { Operand(elementType: .float64, shape: $0) }
    }
    let product = try prepareNode(
      Gemm.self,
      node: Node(
        operatorType: Gemm.type, inputs: addend == nil ? ["a", "b"] : ["a", "b", "c"],
        outputs: ["y"], attributes: transposition), opset: 13,
      operands: addend == nil ? Array(wide.prefix(2)) : wide)
    let shape = product.outputs[0].shape
    return PreparedNode(type, shape, multiplyAdds: product.multiplyAdds) { run in
      let a = Quantizing.centered(
        run.inputs[0]!, zeroPoint: run.inputs[2], axis: 0, team: run.team)
      let b = Quantizing.centered(
        run.inputs[3]!, zeroPoint: run.inputs[5], axis: columnAxis, team: run.team)
      let c = addend == nil ? nil : run.inputs[6]!.cast(to: .float64, team: run.team)
      let sums = try product.results(c == nil ? [a, b] : [a, b, c], in: run)[0]
      let scales = run.inputs[4]!.cast(to: .float64, team: run.team).elements(of: Double.self)
      let factors = scales.map { alpha * run.inputs[1]!.scale * $0 }
      let values = MutableTensor(elementType: .float64, shape: shape)
      sums.withElements(of: Double.self) { sums in
        let output = values.unsafeElements(of: Double.self)
        for i in sums.indices {
          output[i] = sums[i] * factors[factors.count == 1 ? 0 : i % columns]
        }
      }
      guard quantizes else {
        return values.tensor.cast(into: run.outputs[0], team: run.team)
      }
      Quantizing.quantize(
        values.tensor, scales: Tensor([run.inputs[7]!.scale]),
        zeroPoints: run.inputs[8]!.zeroPoints, ScaleLayout(one: shape), into: run.outputs[0],
        team: run.team)
    }
  }
}
