import Kernels
import Tensors

/// `Einsum`: products of elements of the inputs, summed over the subscripts that the result does not
/// have; opset 12.
///
/// `equation` names each input's dimensions by letters, `...` for any number of leading ones, and after
/// `->` those of the result; without it these are the letters that appear once, in alphabetical order.
/// Dimensions of one broadcast. Inputs are multiplied two at a time from the left, as products of
/// matrices. Integers wrap around.
enum Einsum: ArithmeticOperator {
  static let type = "Einsum"
  static let opsets = 12...newestOpset
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operands = try node.operandList()
    guard let first = operands.first else { throw OperatorError("no inputs, expected one or more") }
    for (index, operand) in operands.enumerated() where operand.elementType != first.elementType {
      throw OperatorError("input \(index) is \(operand.elementType), expected \(first.elementType)")
    }
    guard let text = try node.string("equation") else {
      throw OperatorError("attribute equation is missing")
    }
    let equation = try EinsumEquation(text, shapes: operands.map { $0.shape })
    let steps = try EinsumStep.steps(
      equation, shapes: operands.map { $0.shape }, bytes: first.elementType.byteCount)
    let shape = try equation.shape(of: equation.result)
    return switch first.elementType {
    case .float32: floating(Float.self, steps, shape)
    case .float64: floating(Double.self, steps, shape)
    case .int8: integer(Int8.self, steps, shape)
    case .int16: integer(Int16.self, steps, shape)
    case .int32: integer(Int32.self, steps, shape)
    case .int64: integer(Int64.self, steps, shape)
    case .uint8: integer(UInt8.self, steps, shape)
    case .uint16: integer(UInt16.self, steps, shape)
    case .uint32: integer(UInt32.self, steps, shape)
    case .uint64: integer(UInt64.self, steps, shape)
    default: throw OperatorError("inputs are \(first.elementType), expected numbers")
    }
  }

  private static func floating<T: FloatingElement & BLASElement>(
    _: T.Type, _ steps: [EinsumStep], _ shape: Shape
  ) -> PreparedNode {
    var node = PreparedNode(T.elementType, shape, multiplyAdds: steps.multiplyAdds) { run in
      try steps.run(in: run, T.self) { product, left, right, result in
        try product(left, right, into: result, team: run.team)
      }
    }
    node.scratchBytes = steps.copiedCount * MemoryLayout<T>.stride
    return node
  }

  private static func integer<T: IntegerElement>(
    _: T.Type, _ steps: [EinsumStep], _ shape: Shape
  ) -> PreparedNode {
    var node = PreparedNode(T.elementType, shape, multiplyAdds: steps.multiplyAdds) { run in
      try steps.run(in: run, T.self) { product, left, right, result in
        product(left, right, into: result, team: run.team)
      }
    }
    node.scratchBytes = steps.copiedCount * MemoryLayout<T>.stride
    return node
  }
}

/// The multiplication of all that was multiplied before and the next input, which the first step
/// takes times one.
private struct EinsumStep: Sendable {
  /// How the factors are copied to `[batch, M, K]` and `[batch, K, N]`: subscripts that both have and
  /// that stay, those of one that stay, and those that are summed over.
  private let left: StridedCopy
  private let right: StridedCopy
  private let leftShape: Shape
  private let rightShape: Shape
  let product: MatrixProduct
  /// `[batch, M, N]`.
  private let resultShape: Shape
  /// How the last result is copied to the subscripts' order.
  private let ordering: StridedCopy?

  /// Elements of the copies and the result.
  var copiedCount: Int {
    [leftShape, rightShape, resultShape].reduce(0) { $0 + $1.elementCount }
  }

  static func steps(
    _ equation: EinsumEquation, shapes: [Shape], bytes: Int
  ) throws -> [EinsumStep] {
    var before = EinsumFactor(subscripts: [], shape: [])
    return try shapes.indices.map { index in
      let later = equation.inputs[(index + 1)...].flatMap { $0 }
      let next = EinsumFactor(subscripts: equation.inputs[index], shape: shapes[index])
      let isLast = index == shapes.count - 1
      let (step, result) = try step(
        equation, before, next, keeping: Set(equation.result + later), isLast: isLast, bytes: bytes)
      before = result
      return step
    }
  }

  private static func step(
    _ equation: EinsumEquation, _ left: EinsumFactor, _ right: EinsumFactor, keeping kept: Set<Int>,
    isLast: Bool, bytes: Int
  ) throws -> (EinsumStep, EinsumFactor) {
    let (mine, others) = (Set(left.subscripts), Set(right.subscripts))
    let all = left.subscripts.unique + right.subscripts.unique.filter { !mine.contains($0) }
    let batch = all.filter { kept.contains($0) && mine.contains($0) && others.contains($0) }
    let rows = all.filter { kept.contains($0) && !others.contains($0) }
    let columns = all.filter { kept.contains($0) && !mine.contains($0) }
    let depth = all.filter { !kept.contains($0) }
    let shapes = try [batch + rows + depth, batch + depth + columns, batch + rows + columns]
      .map { try equation.shape(of: $0) }
    let sizes = try [batch, rows, columns, depth].map { try equation.shape(of: $0).elementCount }
    var product = try MatrixProduct(
      checkingRows: sizes[1], columns: sizes[2], depth: sizes[3])
    try MatrixProduct.checkCount(sizes[0])
    product.leftStarts = (0..<sizes[0]).map { $0 * sizes[1] * sizes[3] }
    product.rightStarts = (0..<sizes[0]).map { $0 * sizes[3] * sizes[2] }
    let result = EinsumFactor(subscripts: batch + rows + columns, shape: shapes[2])
    let step = EinsumStep(
      left: left.copy(to: batch + rows + depth, shapes[0], bytes),
      right: right.copy(to: batch + depth + columns, shapes[1], bytes),
      leftShape: shapes[0], rightShape: shapes[1], product: product, resultShape: shapes[2],
      ordering: isLast
        ? result.copy(to: equation.result, try equation.shape(of: equation.result), bytes) : nil)
    return (step, result)
  }

  /// - Parameter before: the product of the inputs before; nil for the first step.
  func run<T: NumericElement>(
    _ before: MutableTensor?, _ input: UnsafeRawPointer, into output: MutableTensor,
    _ team: ThreadTeam,
    _ multiply: (
      MatrixProduct, UnsafeBufferPointer<T>, UnsafeBufferPointer<T>, UnsafeMutableBufferPointer<T>
    ) throws -> Void
  ) throws -> MutableTensor {
    let factors = [leftShape, rightShape, resultShape].map {
      MutableTensor(elementType: T.elementType, shape: $0)
    }
    let one = Tensor(scalar: T(exactly: 1)!)
    left.run(
      from: before.map { UnsafeRawPointer($0.unsafeBytes.baseAddress!) } ?? one.unsafeStart,
      to: factors[0].unsafeBytes.baseAddress!, team: team)
    right.run(from: input, to: factors[1].unsafeBytes.baseAddress!, team: team)
    try multiply(
      product, UnsafeBufferPointer(factors[0].unsafeElements(of: T.self)),
      UnsafeBufferPointer(factors[1].unsafeElements(of: T.self)),
      factors[2].unsafeElements(of: T.self))
    ordering?.run(
      from: factors[2].unsafeBytes.baseAddress!, to: output.unsafeBytes.baseAddress!, team: team)
    withExtendedLifetime((factors, one, before)) {}
    return factors[2]
  }
}

extension [EinsumStep] {
  /// Elements that stand in memory at a time: a step's, and the result before.
  fileprivate var copiedCount: Int { 2 * (map(\.copiedCount).max() ?? 0) }

  fileprivate var multiplyAdds: Int { reduce(0) { $0 &+ $1.product.multiplyAdds } }

  fileprivate func run<T: NumericElement>(
    in run: NodeRun, _: T.Type,
    _ multiply: (
      MatrixProduct, UnsafeBufferPointer<T>, UnsafeBufferPointer<T>, UnsafeMutableBufferPointer<T>
    ) throws -> Void
  ) throws {
    var before: MutableTensor?
    for (index, step) in enumerated() {
      before = try step.run(
        before, run.inputBytes(index), into: run.outputs[0], run.team, multiply)
    }
  }
}

/// A tensor with the subscripts of its dimensions.
private struct EinsumFactor {
  let subscripts: [Int]
  let shape: Shape

  /// Copies the elements to dimensions with these subscripts. A subscript that comes twice reads a
  /// diagonal; one that is missing, or of a dimension of one, repeats.
  func copy(to order: [Int], _ target: Shape, _ bytes: Int) -> StridedCopy {
    let strides = shape.strides
    let read = order.map { name in
      subscripts.indices.filter { subscripts[$0] == name && shape[$0] != 1 }
        .reduce(0) { $0 + strides[$1] }
    }
    return StridedCopy(
      dimensions: target.dimensions, from: read, to: target.strides, elementBytes: bytes)
  }
}

extension [Int] {
  /// The elements in order, each once.
  fileprivate var unique: [Int] {
    var seen: Set<Int> = []
    return filter { seen.insert($0).inserted }
  }
}
