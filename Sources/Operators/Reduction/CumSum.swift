import Kernels
import Tensors

/// `CumSum`: along an axis the sum of all elements up to each, with (default) or without
/// (`exclusive`) it, from the end with `reverse`; opsets 11 and 14.
///
/// Floating point is added up in float64, integers wrap around. The axis is input 1, one int32 or
/// int64.
enum CumSum: ArithmeticOperator {
  static let type = "CumSum"
  static let opsets = 11...newestOpset
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    let sums = try RunningSums(&node)
    return switch operand.elementType {
    case .float32: sums.node(FloatingSum<Float>.self)
    case .float64: sums.node(FloatingSum<Double>.self)
    case .int32: sums.node(IntegerSum<Int32>.self)
    case .int64: sums.node(IntegerSum<Int64>.self)
    case .uint32: sums.node(IntegerSum<UInt32>.self)
    case .uint64: sums.node(IntegerSum<UInt64>.self)
    default:
      throw OperatorError(
        "input 0 is \(operand.elementType), expected floating point or integers of 32 or 64 bits")
    }
  }
}

/// `CumProd`: along an axis the product of all elements up to each, with (default) or without
/// (`exclusive`) it, from the end with `reverse`; opset 26.
enum CumProd: ArithmeticOperator {
  static let type = "CumProd"
  static let opsets = 26...newestOpset
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    let products = try RunningSums(&node)
    return switch operand.elementType {
    case .float32: products.node(FloatingProduct<Float>.self)
    case .float64: products.node(FloatingProduct<Double>.self)
    case .int32: products.node(IntegerProduct<Int32>.self)
    case .int64: products.node(IntegerProduct<Int64>.self)
    case .uint32: products.node(IntegerProduct<UInt32>.self)
    case .uint64: products.node(IntegerProduct<UInt64>.self)
    default:
      throw OperatorError(
        "input 0 is \(operand.elementType), expected floating point or integers of 32 or 64 bits")
    }
  }
}

/// Sums (or other combinations of) `[outer, length, stride]` along the middle dimension.
private struct RunningSums: Sendable {
  let shape: Shape
  let length: Int
  let stride: Int
  let isExclusive: Bool
  let isReversed: Bool

  /// What a node states whose inputs are the elements and the axis.
  init(_ node: inout NodeReader) throws {
    try node.expectInputs(2...2)
    shape = try node.operand(0).shape
    let list = try node.integers(1)
    guard list.count == 1 else {
      throw OperatorError("input 1 (axis) has \(list.count) elements, expected one")
    }
    let axis = try normalized(axis: list[0], rank: shape.rank)
    length = shape[axis]
    stride = shape.elementCount(in: axis + 1..<shape.rank)
    isExclusive = try node.flag("exclusive", default: false)
    isReversed = try node.flag("reverse", default: false)
  }

  func node<R: Reducer>(_: R.Type) -> PreparedNode {
    PreparedNode(R.Element.elementType, shape) { run in
      guard shape.elementCount > 0 else { return }
      let input = run.input(0, of: R.Element.self).baseAddress!
      let output = run.output(of: R.Element.self).baseAddress!
      let width = min(stride, 512)
      let blocks = (stride + width - 1) / width
      let columns = shape.elementCount / (length * stride) * blocks
      run.team.forEachChunk(of: columns, chunk: max(ThreadTeam.chunkSize / (length * width), 1)) {
        for block in $0 {
          let column = block % blocks * width
          let start = block / blocks * length * stride + column
          sum(
            R.self, input + start, into: output + start, columns: min(width, stride - column))
        }
      }
    }
  }

  private func sum<R: Reducer>(
    _: R.Type, _ input: UnsafePointer<R.Element>, into output: UnsafeMutablePointer<R.Element>,
    columns: Int
  ) {
    withUnsafeTemporaryAllocation(of: R.Partial.self, capacity: columns) { sums in
      sums.initialize(repeating: R.start)
      for step in 0..<length {
        let row = (isReversed ? length - 1 - step : step) * stride
        for column in 0..<columns {
          let sum = R.combine(sums[column], input[row + column])
          output[row + column] = R.finish(isExclusive ? sums[column] : sum, count: 1)
          sums[column] = sum
        }
      }
    }
  }
}
