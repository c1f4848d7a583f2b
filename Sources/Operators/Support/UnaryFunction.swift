import Kernels
import Tensors

/// A function of one floating-point element.
protocol FloatingFunction: Sendable {
  /// What convolutions know the function as.
  var activation: Activation? { get }
  func callAsFunction<T: FloatingElement>(_ x: T) -> T
  /// The function of many float32 elements, for those that have a kernel.
  func apply(to input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>)
}

extension FloatingFunction {
  var activation: Activation? { nil }

  func apply(to input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>) {
    for i in input.indices { output[i] = self(input[i]) }
  }
}

/// A function of one number.
protocol NumericFunction: FloatingFunction {
  func callAsFunction<T: IntegerElement>(_ x: T) -> T
}

/// An operator that is a function of each floating-point element, without attributes.
protocol FloatingFunctionOperator: ArithmeticOperator, FloatingFunction { init() }

/// An operator that is a function of each number, without attributes.
protocol NumericFunctionOperator: ArithmeticOperator, NumericFunction { init() }

extension FloatingFunctionOperator {
  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    return try .mapping(node.operand(0), Self())
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.likeFirstInput
  }
}

extension NumericFunctionOperator {
  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    return try .mapping(node.operand(0), Self())
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.likeFirstInput
  }
}

extension PreparedNode {
  /// A node that applies `function` to each element of its first input.
  static func mapping<F: FloatingFunction>(
    _ operand: Operand, _ function: F
  ) throws -> PreparedNode {
    switch operand.elementType {
    case .float32: float32(operand, function)
    case .float64: float64(operand, function)
    default: throw OperatorError("input 0 is \(operand.elementType), expected floating point")
    }
  }

  /// A node that applies `function` to each element of its first input.
  static func mapping<F: NumericFunction>(
    _ operand: Operand, _ function: F
  ) throws -> PreparedNode {
    switch operand.elementType {
    case .float32: float32(operand, function)
    case .float64: float64(operand, function)
    case .int8: integer(operand, Int8.self, function)
    case .int16: integer(operand, Int16.self, function)
    case .int32: integer(operand, Int32.self, function)
    case .int64: integer(operand, Int64.self, function)
    case .uint8: integer(operand, UInt8.self, function)
    case .uint16: integer(operand, UInt16.self, function)
    case .uint32: integer(operand, UInt32.self, function)
    case .uint64: integer(operand, UInt64.self, function)
    default: throw OperatorError("input 0 is \(operand.elementType), expected numbers")
    }
  }

  private static func float32<F: FloatingFunction>(
    _ operand: Operand, _ function: F
  ) -> PreparedNode {
    var node = PreparedNode(.float32, operand.shape) { run in
      let input = run.input(0, of: Float.self)
      let output = run.output(of: Float.self)
      run.team.forEachChunk(of: input.count) { chunk in
        function.apply(
          to: UnsafeBufferPointer(rebasing: input[chunk]),
          into: UnsafeMutableBufferPointer(rebasing: output[chunk]))
      }
    }
    node.activation = function.activation
    return node
  }

  private static func float64<F: FloatingFunction>(
    _ operand: Operand, _ function: F
  ) -> PreparedNode {
    var node = PreparedNode(.float64, operand.shape) { run in
      let input = run.input(0, of: Double.self)
      let output = run.output(of: Double.self)
      run.team.forEachChunk(of: input.count) { for i in $0 { output[i] = function(input[i]) } }
    }
    node.activation = function.activation
    return node
  }

  private static func integer<T: IntegerElement, F: NumericFunction>(
    _ operand: Operand, _: T.Type, _ function: F
  ) -> PreparedNode {
    PreparedNode(operand.elementType, operand.shape) { run in
      let input = run.input(0, of: T.self)
      let output = run.output(of: T.self)
      run.team.forEachChunk(of: input.count) { for i in $0 { output[i] = function(input[i]) } }
    }
  }
}
