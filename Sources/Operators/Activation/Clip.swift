import Kernels
import Tensors

/// `min(max(x, lowest), highest)`; NaN stays. The bounds are attributes before opset 11 and optional
/// scalar inputs since, and by default those of the type.
struct Clip: ArithmeticOperator {
  static let type = "Clip"
  static let revisions: [Revision] = [11]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operand = try node.operand(0)
    let bounds = try node.opset < 11 ? Bounds.attributes(of: &node) : Bounds.inputs(of: node)
    return switch operand.elementType {
    case .float32:
      clipping(operand, bounds, -Float.greatestFiniteMagnitude, .greatestFiniteMagnitude)
    case .float64:
      clipping(operand, bounds, -Double.greatestFiniteMagnitude, .greatestFiniteMagnitude)
    case .int8: clipping(operand, bounds, Int8.min, .max)
    case .int16: clipping(operand, bounds, Int16.min, .max)
    case .int32: clipping(operand, bounds, Int32.min, .max)
    case .int64: clipping(operand, bounds, Int64.min, .max)
    case .uint8: clipping(operand, bounds, UInt8.min, .max)
    case .uint16: clipping(operand, bounds, UInt16.min, .max)
    case .uint32: clipping(operand, bounds, UInt32.min, .max)
    case .uint64: clipping(operand, bounds, UInt64.min, .max)
    default: throw OperatorError("input 0 is \(operand.elementType), expected numbers")
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.likeFirstInput
  }

  private static func clipping<T: NumericElement>(
    _ operand: Operand, _ bounds: Bounds, _ lowestByDefault: T, _ highestByDefault: T
  ) -> PreparedNode {
    PreparedNode(operand.elementType, operand.shape) { run in
      let (givenLowest, givenHighest) = bounds.values(in: run, of: T.self)
      let lowest = givenLowest ?? lowestByDefault
      let highest = givenHighest ?? highestByDefault
      let input = run.input(0, of: T.self)
      let output = run.output(of: T.self)
      run.team.forEachChunk(of: input.count) { chunk in
        for i in chunk {
          let raised = input[i] < lowest ? lowest : input[i]
          output[i] = raised > highest ? highest : raised
        }
      }
    }
  }

  /// Where the bounds come from; either may be left out.
  private enum Bounds {
    case attributes(lowest: Float?, highest: Float?)
    case inputs

    static func attributes(of node: inout NodeReader) throws -> Bounds {
      try node.expectInputs(1...1)
      return try .attributes(lowest: node.float("min"), highest: node.float("max"))
    }

    static func inputs(of node: borrowing NodeReader) throws -> Bounds {
      try node.expectInputs(1...3)
      let elementType = try node.operand(0).elementType
      for index in 1...2 {
        guard let bound = node.optionalOperand(index) else { continue }
        guard bound.elementType == elementType, bound.shape.elementCount == 1 else {
          throw OperatorError(
            "input \(index) is \(bound.elementType) \(bound.shape), expected a scalar of "
              + "\(elementType)")
        }
      }
      return .inputs
    }

    func values<T: NumericElement>(in run: NodeRun, of: T.Type) -> (T?, T?) {
      switch self {
      case .attributes(let lowest, let highest):
        (lowest.map { T(converting: Double($0)) }, highest.map { T(converting: Double($0)) })
      case .inputs: (run.scalar(1), run.scalar(2))
      }
    }
  }
}

extension NodeRun {
  /// The only element of an input, when it is there.
  fileprivate func scalar<T: Element>(_ index: Int) -> T? {
    guard inputs.indices.contains(index), let tensor = inputs[index] else { return nil }
    return tensor.elements(of: T.self).first
  }
}
