import Kernels
import Tensors

/// The sum along axes; integers wrap around.
struct ReduceSum: ArithmeticOperator {
  static let type = "ReduceSum"
  static let accumulates = true
  static let revisions: [Revision] = [13]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    guard let reduction = try node.reduction(axesAreInputFrom: 13) else {
      return .reshaping(operand, to: operand.shape)
    }
    return switch operand.elementType {
    case .float32: .reducing(FloatingSum<Float>.self, reduction)
    case .float64: .reducing(FloatingSum<Double>.self, reduction)
    case .int32: .reducing(IntegerSum<Int32>.self, reduction)
    case .int64: .reducing(IntegerSum<Int64>.self, reduction)
    case .uint32: .reducing(IntegerSum<UInt32>.self, reduction)
    case .uint64: .reducing(IntegerSum<UInt64>.self, reduction)
    default:
      throw OperatorError(
        "input 0 is \(operand.elementType), expected floating point or integers of 32 or 64 bits")
    }
  }
}

/// The mean along axes; that of integers without its fraction.
struct ReduceMean: ArithmeticOperator {
  static let type = "ReduceMean"
  static let accumulates = true
  static let revisions: [Revision] = [18]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    guard let reduction = try node.reduction(axesAreInputFrom: 18) else {
      return .reshaping(operand, to: operand.shape)
    }
    return switch operand.elementType {
    case .float32: .reducing(FloatingMean<Float>.self, reduction)
    case .float64: .reducing(FloatingMean<Double>.self, reduction)
    case .int32: .reducing(IntegerMean<Int32>.self, reduction)
    case .int64: .reducing(IntegerMean<Int64>.self, reduction)
    case .uint32: .reducing(IntegerMean<UInt32>.self, reduction)
    case .uint64: .reducing(IntegerMean<UInt64>.self, reduction)
    default:
      throw OperatorError(
        "input 0 is \(operand.elementType), expected floating point or integers of 32 or 64 bits")
    }
  }
}

/// The largest element along axes; of bools, whether one is true.
struct ReduceMax: ArithmeticOperator {
  static let type = "ReduceMax"
  static let revisions: [Revision] = [18]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    guard let reduction = try node.reduction(axesAreInputFrom: 18) else {
      return .reshaping(operand, to: operand.shape)
    }
    return switch operand.elementType {
    case .float32: .reducing(FloatingMax<Float>.self, reduction)
    case .float64: .reducing(FloatingMax<Double>.self, reduction)
    case .int8: .reducing(IntegerMax<Int8>.self, reduction)
    case .int16: .reducing(IntegerMax<Int16>.self, reduction)
    case .int32: .reducing(IntegerMax<Int32>.self, reduction)
    case .int64: .reducing(IntegerMax<Int64>.self, reduction)
    case .uint8: .reducing(IntegerMax<UInt8>.self, reduction)
    case .uint16: .reducing(IntegerMax<UInt16>.self, reduction)
    case .uint32: .reducing(IntegerMax<UInt32>.self, reduction)
    case .uint64: .reducing(IntegerMax<UInt64>.self, reduction)
    case .bool: .reducing(AnyTrue.self, reduction)
    default: throw OperatorError("input 0 is \(operand.elementType), expected numbers or bools")
    }
  }
}

extension NodeReader {
  /// The reduction the node's axes and `keepdims` ask for; `nil` when it leaves its input as it is.
  ///
  /// - Parameter inputOpset: the opset from which on the axes are an input, not an attribute.
  fileprivate mutating func reduction(axesAreInputFrom inputOpset: Int) throws -> Reduction? {
    let shape = try operand(0).shape
    let keepsDimensions = try flag("keepdims", default: true)
    var axes: [Int] = []
    if opset < inputOpset {
      try expectInputs(1...1)
      axes = try ints("axes") ?? []
    } else {
      try expectInputs(1...2)
      if optionalOperand(1) != nil { axes = try integers(1) }
      let doesNothing = try flag("noop_with_empty_axes", default: false)
      if axes.isEmpty && doesNothing { return nil }
    }
    let chosen = try axes.map { axis in
      guard let positive = shape.normalized(axis: axis) else {
        throw OperatorError("axis \(axis) does not fit the shape \(shape)")
      }
      return positive
    }
    return Reduction(
      shape, axes: Set(chosen.isEmpty ? Array(shape.indices) : chosen),
      keepsDimensions: keepsDimensions)
  }
}

extension PreparedNode {
  fileprivate static func reducing<R: Reducer>(
    _: R.Type, _ reduction: Reduction
  ) -> PreparedNode {
    PreparedNode(R.Element.elementType, reduction.shape) { run in
      reduction(R.self, run.input(0), into: run.output(), team: run.team)
    }
  }
}
