import Kernels
import Tensors

/// The sum along axes; integers wrap around.
struct ReduceSum: ArithmeticOperator {
  static let type = "ReduceSum"
  static let accumulates = true
  static let revisions: [Revision] = [13]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    let reduction = try node.reduction(axesAreInputFrom: 13)
    return switch operand.elementType {
    case .float32: .reducing(FloatingSum<Float>.self, reduction)
    case .float64: .reducing(FloatingSum<Double>.self, reduction)
    case .int32: .reducing(IntegerSum<Int32>.self, reduction)
    case .int64: .reducing(IntegerSum<Int64>.self, reduction)
    case .uint32: .reducing(IntegerSum<UInt32>.self, reduction)
    case .uint64: .reducing(IntegerSum<UInt64>.self, reduction)
    default: throw unsummable(operand)
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
    let reduction = try node.reduction(axesAreInputFrom: 18)
    return switch operand.elementType {
    case .float32: .reducing(FloatingMean<Float>.self, reduction)
    case .float64: .reducing(FloatingMean<Double>.self, reduction)
    case .int32: .reducing(IntegerMean<Int32>.self, reduction)
    case .int64: .reducing(IntegerMean<Int64>.self, reduction)
    case .uint32: .reducing(IntegerMean<UInt32>.self, reduction)
    case .uint64: .reducing(IntegerMean<UInt64>.self, reduction)
    default: throw unsummable(operand)
    }
  }
}

/// The product along axes; integers wrap around.
struct ReduceProd: ArithmeticOperator {
  static let type = "ReduceProd"
  static let accumulates = true
  static let revisions: [Revision] = [18]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    let reduction = try node.reduction(axesAreInputFrom: 18)
    return switch operand.elementType {
    case .float32: .reducing(FloatingProduct<Float>.self, reduction)
    case .float64: .reducing(FloatingProduct<Double>.self, reduction)
    case .int32: .reducing(IntegerProduct<Int32>.self, reduction)
    case .int64: .reducing(IntegerProduct<Int64>.self, reduction)
    case .uint32: .reducing(IntegerProduct<UInt32>.self, reduction)
    case .uint64: .reducing(IntegerProduct<UInt64>.self, reduction)
    default: throw unsummable(operand)
    }
  }
}

/// The sum of the squares along axes; integers wrap around.
struct ReduceSumSquare: ArithmeticOperator {
  static let type = "ReduceSumSquare"
  static let accumulates = true
  static let revisions: [Revision] = [18]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    let reduction = try node.reduction(axesAreInputFrom: 18)
    return switch operand.elementType {
    case .float32: .reducing(FloatingSquareSum<Float>.self, reduction)
    case .float64: .reducing(FloatingSquareSum<Double>.self, reduction)
    case .int32: .reducing(IntegerSquareSum<Int32>.self, reduction)
    case .int64: .reducing(IntegerSquareSum<Int64>.self, reduction)
    case .uint32: .reducing(IntegerSquareSum<UInt32>.self, reduction)
    case .uint64: .reducing(IntegerSquareSum<UInt64>.self, reduction)
    default: throw unsummable(operand)
    }
  }
}

/// The sum of the magnitudes along axes; integers wrap around.
struct ReduceL1: ArithmeticOperator {
  static let type = "ReduceL1"
  static let accumulates = true
  static let revisions: [Revision] = [18]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    let reduction = try node.reduction(axesAreInputFrom: 18)
    return switch operand.elementType {
    case .float32: .reducing(FloatingMagnitudeSum<Float>.self, reduction)
    case .float64: .reducing(FloatingMagnitudeSum<Double>.self, reduction)
    case .int32: .reducing(IntegerMagnitudeSum<Int32>.self, reduction)
    case .int64: .reducing(IntegerMagnitudeSum<Int64>.self, reduction)
    case .uint32: .reducing(IntegerMagnitudeSum<UInt32>.self, reduction)
    case .uint64: .reducing(IntegerMagnitudeSum<UInt64>.self, reduction)
    default: throw unsummable(operand)
    }
  }
}

/// The square root of the sum of the squares along axes; that of integers without its fraction.
struct ReduceL2: ArithmeticOperator {
  static let type = "ReduceL2"
  static let accumulates = true
  static let revisions: [Revision] = [18]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    let reduction = try node.reduction(axesAreInputFrom: 18)
    return switch operand.elementType {
    case .float32: .reducing(FloatingNorm<Float>.self, reduction)
    case .float64: .reducing(FloatingNorm<Double>.self, reduction)
    case .int32: .reducing(IntegerNorm<Int32>.self, reduction)
    case .int64: .reducing(IntegerNorm<Int64>.self, reduction)
    case .uint32: .reducing(IntegerNorm<UInt32>.self, reduction)
    case .uint64: .reducing(IntegerNorm<UInt64>.self, reduction)
    default: throw unsummable(operand)
    }
  }
}

/// The logarithm of the sum along axes; that of integers without its fraction.
struct ReduceLogSum: ArithmeticOperator {
  static let type = "ReduceLogSum"
  static let accumulates = true
  static let revisions: [Revision] = [18]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    let reduction = try node.reduction(axesAreInputFrom: 18)
    return switch operand.elementType {
    case .float32: .reducing(FloatingLogSum<Float>.self, reduction)
    case .float64: .reducing(FloatingLogSum<Double>.self, reduction)
    case .int32: .reducing(IntegerLogSum<Int32>.self, reduction)
    case .int64: .reducing(IntegerLogSum<Int64>.self, reduction)
    case .uint32: .reducing(IntegerLogSum<UInt32>.self, reduction)
    case .uint64: .reducing(IntegerLogSum<UInt64>.self, reduction)
    default: throw unsummable(operand)
    }
  }
}

/// The logarithm of the sum of the exponentials along axes, which do not overflow; that of integers
/// without its fraction.
struct ReduceLogSumExp: ArithmeticOperator {
  static let type = "ReduceLogSumExp"
  static let accumulates = true
  static let revisions: [Revision] = [18]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    let reduction = try node.reduction(axesAreInputFrom: 18)
    return switch operand.elementType {
    case .float32: .reducing(FloatingLogSumExp<Float>.self, reduction)
    case .float64: .reducing(FloatingLogSumExp<Double>.self, reduction)
    case .int32: .reducing(IntegerLogSumExp<Int32>.self, reduction)
    case .int64: .reducing(IntegerLogSumExp<Int64>.self, reduction)
    case .uint32: .reducing(IntegerLogSumExp<UInt32>.self, reduction)
    case .uint64: .reducing(IntegerLogSumExp<UInt64>.self, reduction)
    default: throw unsummable(operand)
    }
  }
}

/// The largest element along axes; of bools, whether one is true.
struct ReduceMax: ArithmeticOperator {
  static let type = "ReduceMax"
  static let revisions: [Revision] = [18]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    let reduction = try node.reduction(axesAreInputFrom: 18)
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

/// The smallest element along axes; of bools, whether all are true.
struct ReduceMin: ArithmeticOperator {
  static let type = "ReduceMin"
  static let revisions: [Revision] = [18]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    let reduction = try node.reduction(axesAreInputFrom: 18)
    return switch operand.elementType {
    case .float32: .reducing(FloatingMin<Float>.self, reduction)
    case .float64: .reducing(FloatingMin<Double>.self, reduction)
    case .int8: .reducing(IntegerMin<Int8>.self, reduction)
    case .int16: .reducing(IntegerMin<Int16>.self, reduction)
    case .int32: .reducing(IntegerMin<Int32>.self, reduction)
    case .int64: .reducing(IntegerMin<Int64>.self, reduction)
    case .uint8: .reducing(IntegerMin<UInt8>.self, reduction)
    case .uint16: .reducing(IntegerMin<UInt16>.self, reduction)
    case .uint32: .reducing(IntegerMin<UInt32>.self, reduction)
    case .uint64: .reducing(IntegerMin<UInt64>.self, reduction)
    case .bool: .reducing(AllTrue.self, reduction)
    default: throw OperatorError("input 0 is \(operand.elementType), expected numbers or bools")
    }
  }
}

private func unsummable(_ operand: Operand) -> OperatorError {
  OperatorError(
    "input 0 is \(operand.elementType), expected floating point or integers of 32 or 64 bits")
}

extension NodeReader {
  /// The reduction the node's axes and `keepdims` ask for. With `noop_with_empty_axes` and no axes it
  /// is one of each element by itself.
  ///
  /// - Parameter inputOpset: the opset from which on the axes are an input, not an attribute.
  fileprivate mutating func reduction(axesAreInputFrom inputOpset: Int) throws -> Reduction {
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
      if axes.isEmpty && doesNothing {
        return Reduction(shape, axes: [], keepsDimensions: keepsDimensions)
      }
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
