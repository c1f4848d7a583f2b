import Kernels
import ONNXGraph
import Tensors

/// com.microsoft's `QuickGelu`: `x / (1 + exp(-alpha * x))`; `alpha` is 1.702 by default.
struct QuickGelu: ArithmeticOperator, FloatingFunction {
  static let type = "QuickGelu"
  let alpha: Float

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let function = try QuickGelu(alpha: node.float("alpha") ?? 1.702)
    return try .mapping(node.operand(0), function)
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? { node.likeFirstInput }

  func callAsFunction<T: FloatingElement>(_ x: T) -> T { x / (1 + T.exp(-T(alpha) * x)) }
}

/// com.microsoft's `FusedConv`: a convolution as `Conv` has it, input 3 added to its result where there
/// is one, and a function applied to that (`activation`, with `activation_params`).
enum FusedConv: ArithmeticOperator {
  static let type = "FusedConv"
  static let accumulates = true
  static let mixesChannels = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...4)
    let name = try node.string("activation") ?? ""
    let parameters = try node.floats("activation_params") ?? []
    let operands = (0..<min(node.inputCount, 3)).map { node.optionalOperand($0) }
    let convolution = try node.preparing(Conv.self, operands, opset: 11)
    let result = Operand(
      elementType: convolution.outputs[0].elementType, shape: convolution.outputs[0].shape)
    let addend = node.optionalOperand(3)
    if let addend, addend.elementType != result.elementType || addend.shape != result.shape {
      throw OperatorError(
        "input 3 is \(addend.elementType)\(addend.shape), expected "
          + "\(result.elementType)\(result.shape) as the convolution gives")
    }
    var steps: [PreparedNode] = []
    if let addend { steps.append(try .broadcasting(Broadcast([result, addend]), Add())) }
    if !name.isEmpty { steps.append(try function(name, parameters, of: result)) }
    return fused(convolution, adds: addend != nil, steps)
  }

  private static func fused(
    _ convolution: PreparedNode, adds: Bool, _ steps: [PreparedNode]
  ) -> PreparedNode {
    let output = convolution.outputs[0]
    var node = PreparedNode(
      output.elementType, output.shape, multiplyAdds: convolution.multiplyAdds
    ) { run in
      let inputs = Array(run.inputs.prefix(3))
      guard !steps.isEmpty else {
        return try convolution.compute(run.replacing(inputs: inputs, outputs: run.outputs))
      }
      var value = try convolution.results(inputs, in: run)[0]
      for (index, step) in steps.enumerated() {
        let given = adds && index == 0 ? [value, run.inputs[3]] : [value]
        if index == steps.count - 1 {
          try step.compute(run.replacing(inputs: given, outputs: run.outputs))
        } else {
          value = try step.results(given, in: run)[0]
        }
      }
    }
    node.workspaceBytesPerWorker = convolution.workspaceBytesPerWorker
    return node
  }

  private static func function(
    _ name: String, _ parameters: [Float], of operand: Operand
  ) throws -> PreparedNode {
    let known: [String: Int] = [
      "Relu": 0, "Sigmoid": 0, "Tanh": 0, "LeakyRelu": 1, "HardSigmoid": 2, "Clip": 2,
    ]
    guard let count = known[name] else {
      let names = known.keys.sorted().joined(separator: ", ")
      throw OperatorError("attribute activation is '\(name)', expected one of: \(names)")
    }
    guard parameters.count == count else {
      throw OperatorError(
        "attribute activation_params has \(parameters.count) numbers, expected \(count) for \(name)"
      )
    }
    switch name {
    case "Relu": return try .mapping(operand, Relu())
    case "Sigmoid": return try .mapping(operand, Sigmoid())
    case "Tanh": return try .mapping(operand, Tanh())
    case "LeakyRelu": return try .mapping(operand, LeakyRelu(alpha: parameters[0]))
    case "HardSigmoid":
      return try .mapping(operand, HardSigmoid(alpha: parameters[0], beta: parameters[1]))
    default: return try .mapping(operand, Bounds(low: parameters[0], high: parameters[1]))
    }
  }

  private struct Bounds: FloatingFunction {
    let low: Float
    let high: Float
    func callAsFunction<T: FloatingElement>(_ x: T) -> T { min(max(x, T(low)), T(high)) }
  }
}
