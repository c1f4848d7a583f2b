import Kernels
import ONNXGraph
import Tensors

/// `QLinearConv`: the convolution of quantised numbers, quantised; opset 10, and com.microsoft.
///
/// Inputs: x `[N, C, D1…]`, its scale and zero point, w `[M, C/group, k1…]`, its scale and zero point
/// (one, or `[M]`), the result's scale and zero point, and an int32 bias `[M]` of scale `x_scale *
/// w_scale`. Sums of the integers are exact; each is then multiplied once, in float32.
enum QLinearConv: ArithmeticOperator {
  static let type = "QLinearConv"
  static let opsets = 10...newestOpset
  static let accumulates = true
  static let allowsMixedPrecision = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(8...9)
    let product = try ExactProduct(&node, .convolution, left: 0, right: 3, zeroPoints: (2, 5))
    let channels = product.shape[1]
    let bias = node.optionalOperand(8)
    if let bias {
      try bias.expect([.int32], as: "the bias")
      guard bias.shape == [channels] else {
        throw OperatorError("the bias has shape \(bias.shape), expected [\(channels)]")
      }
    }
    let scaling = try ProductScaling(&node, left: 1, right: 4, result: (6, 7))
    try scaling.expect(rightScales: channels)
    let stride = product.shape.elementCount(in: 2..<product.shape.rank)
    return product.node(scaling.type) { run, sums in
      scaling.write(
        sums, to: run, bias: bias == nil ? nil : run.inputs[8]!.elements(of: Int32.self),
        factorStride: stride, factorCount: channels)
    }
  }
}

/// `QLinearMatMul`: the matrix product of quantised numbers, quantised; opsets 10 and 21.
///
/// Inputs: a `[…, M, K]`, its scale and zero point (one, or `[M]`), b `[…, K, N]`, its scale and zero
/// point (one, or `[N]`), the result's scale and zero point. Sums of the integers are exact; each is
/// then multiplied once, in float32.
enum QLinearMatMul: ArithmeticOperator {
  static let type = "QLinearMatMul"
  static let opsets = 10...newestOpset
  static let accumulates = true
  static let allowsMixedPrecision = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(8...8)
    let product = try ExactProduct(&node, .matrices, left: 0, right: 3, zeroPoints: (2, 5))
    let scaling = try ProductScaling(&node, left: 1, right: 4, result: (6, 7))
    let columns =
      product.right.shape.rank > 1 ? product.right.shape[product.right.shape.rank - 1] : 1
    let rows = product.left.shape.rank > 1 ? product.left.shape[product.left.shape.rank - 2] : 1
    try scaling.expect(rightScales: columns, leftScales: rows)
    return product.node(scaling.type) { run, sums in
      scaling.write(sums, to: run, factorStride: 1, factorCount: columns, rows: rows)
    }
  }
}

/// How exact sums of products become the integers of a scale and zero point.
struct ProductScaling: Sendable {
  let type: ElementType
  private let left: Int
  private let right: Int
  private let result: (scale: Int, zeroPoint: Int)
  private let leftCount: Int
  private let rightCount: Int

  init(_ node: inout NodeReader, left: Int, right: Int, result: (Int, Int)) throws {
    let floats: [ElementType] = [.float32, .float64]
    let zeroPoint = try node.operand(result.1)
    try zeroPoint.expect([.uint8, .int8], as: "the result's zero point")
    for index in [left, right, result.0] {
      try node.operand(index).expect(floats, as: "input \(index) (a scale)")
    }
    guard try node.operand(result.0).shape.elementCount == 1, zeroPoint.shape.elementCount == 1
    else { throw OperatorError("the result's scale and zero point, expected one number each") }
    type = zeroPoint.elementType
    self.left = left
    self.right = right
    self.result = result
    leftCount = try node.operand(left).shape.elementCount
    rightCount = try node.operand(right).shape.elementCount
  }

  /// Throws unless there is one scale of either factor, or as many as stated.
  func expect(rightScales: Int, leftScales: Int = 1) throws {
    guard leftCount == 1 || leftCount == leftScales, rightCount == 1 || rightCount == rightScales
    else {
      throw OperatorError(
        "\(leftCount) and \(rightCount) scales of the factors, expected 1 or \(leftScales) and "
          + "1 or \(rightScales)")
    }
  }

  /// Writes `sums + bias` times the scales.
  ///
  /// - Parameters:
  ///   - factorStride: elements that share one of the right scales (and one bias).
  ///   - factorCount: after how many such stretches the scales begin again.
  ///   - rows: of matrices, one for each of the left scales.
  func write(
    _ sums: Tensor, to run: NodeRun, bias: [Int32]? = nil, factorStride: Int, factorCount: Int,
    rows: Int = 1
  ) {
    let range = type.quantizedRange!
    let zero = run.inputs[result.zeroPoint]!.zeroPoints[0]
    let single = run.inputs[result.scale]!.elementType == .float32
    func numbers(_ index: Int) -> [Double] {
      run.inputs[index]!.cast(to: .float64, team: run.team).elements(of: Double.self)
    }
    let (lefts, rights, scale) = (numbers(left), numbers(right), numbers(result.scale)[0])
    func factor(_ left: Double, _ right: Double) -> Double {
      single ? Double(Float(left) * Float(right) / Float(scale)) : left * right / scale
    }
    // As in the widely used runtime, products are rounded once to float32 and then to integers.
    let factors = lefts.map { left in rights.map { factor(left, $0) } }
    let output = run.outputs[0].unsafeBytes.assumingMemoryBound(to: UInt8.self)
    sums.withElements(of: Double.self) { sums in
      guard !sums.isEmpty else { return }
      run.team.forEachChunk(
        of: sums.count / factorStride, chunk: max(ThreadTeam.chunkSize / factorStride, 1)
      ) { stretches in
        for stretch in stretches {
          let place = stretch % factorCount
          let row = factors[factors.count == 1 ? 0 : stretch / factorCount % rows]
          let factor = row[row.count == 1 ? 0 : place]
          let addend = bias?[place] ?? 0
          for index in stretch * factorStride..<(stretch + 1) * factorStride {
            let sum = Int32(sum: sums[index]) &+ addend
            let rounded =
              single
              ? Quantizing.rounded(Float(sum) * Float(factor), in: range, around: zero)
              : Quantizing.rounded(Double(sum) * factor, in: range, around: zero)
            output[index] = UInt8(truncatingIfNeeded: rounded)
          }
        }
      }
    }
  }
}
