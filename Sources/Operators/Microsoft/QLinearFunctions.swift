import Kernels
import ONNXGraph
import Tensors

// Operators of the domain com.microsoft that ONNX Runtime's quantiser writes: a floating-point operator
// between quantised numbers, as its documentation of contributed operators states them. Results are
// computed in float64 and rounded once.

/// A float operator of one quantised tensor: inputs x, its scale and zero point, then the result's.
protocol QLinearUnary: Operator {
  static func function(_ node: inout NodeReader, _ operand: Operand) throws -> PreparedNode
}

extension QLinearUnary {
  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(4...5)
    let quantized = try QuantizedFunction(node, [0], result: 3)
    let operand = try quantized.operands(node)[0]
    return quantized.node(try function(&node, operand))
  }
}

/// A float operator of two quantised tensors, broadcast: inputs a, b and the result's, each with scale
/// and zero point.
protocol QLinearBinary: Operator {
  static var function: any Operator.Type { get }
}

extension QLinearBinary {
  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(7...8)
    let quantized = try QuantizedFunction(node, [0, 3], result: 6)
    let operands = try quantized.operands(node)
    guard try node.operand(0).elementType == node.operand(3).elementType else {
      throw OperatorError("inputs 0 and 3 are of two types, expected one")
    }
    return quantized.node(try node.preparing(function, operands))
  }
}

/// `a + b`.
enum QLinearAdd: QLinearBinary {
  static let type = "QLinearAdd"
  static var function: any Operator.Type { Add.self }
}

/// `a * b`.
enum QLinearMul: QLinearBinary {
  static let type = "QLinearMul"
  static var function: any Operator.Type { Mul.self }
}

/// `1 / (1 + exp(-x))`.
enum QLinearSigmoid: QLinearUnary {
  static let type = "QLinearSigmoid"
  static func function(_ node: inout NodeReader, _ operand: Operand) throws -> PreparedNode {
    try node.preparing(Sigmoid.self, [operand])
  }
}

/// `x`, times `alpha` where it is negative.
enum QLinearLeakyRelu: QLinearUnary {
  static let type = "QLinearLeakyRelu"
  static func function(_ node: inout NodeReader, _ operand: Operand) throws -> PreparedNode {
    try node.preparing(LeakyRelu.self, [operand])
  }
}

/// `exp(x) / sum(exp(x))` along `axis`, or, where attribute `opset` is below 13, over everything from
/// it on.
enum QLinearSoftmax: QLinearUnary {
  static let type = "QLinearSoftmax"
  static func function(_ node: inout NodeReader, _ operand: Operand) throws -> PreparedNode {
    let opset = try node.int("opset") ?? 13
    guard (1...newestOpset).contains(opset) else {
      throw OperatorError("attribute opset is \(opset), expected 1 to \(newestOpset)")
    }
    return try node.preparing(Softmax.self, [operand], opset: opset)
  }
}

/// The mean over all spatial dimensions of `[N, C, spatial…]`.
enum QLinearGlobalAveragePool: QLinearUnary {
  static let type = "QLinearGlobalAveragePool"
  static func function(_ node: inout NodeReader, _ operand: Operand) throws -> PreparedNode {
    try node.refuseChannelsLast()
    return try node.preparing(GlobalAveragePool.self, [operand])
  }
}

/// The mean of every window, as `AveragePool` has it.
enum QLinearAveragePool: QLinearUnary {
  static let type = "QLinearAveragePool"
  static func function(_ node: inout NodeReader, _ operand: Operand) throws -> PreparedNode {
    try node.refuseChannelsLast()
    return try node.preparing(AveragePool.self, [operand], opset: 11)
  }
}

/// Quantised tensors beside one another along `axis`: inputs are the result's scale and zero point, then
/// each tensor with its scale and zero point.
enum QLinearConcat: Operator {
  static let type = "QLinearConcat"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    guard node.inputCount >= 5, node.inputCount % 3 == 2 else {
      throw OperatorError(
        "\(node.inputCount) inputs, expected the result's scale and zero point, then three for each "
          + "tensor")
    }
    let quantized = try QuantizedFunction(
      node, Array(stride(from: 2, to: node.inputCount, by: 3)), result: 0)
    let operands = try quantized.operands(node)
    return quantized.node(try node.preparing(Concat.self, operands))
  }
}

extension NodeReader {
  fileprivate mutating func refuseChannelsLast() throws {
    guard try !flag("channels_last", default: false) else {
      throw OperatorError("attribute channels_last is 1, expected 0: channels come second")
    }
  }
}
