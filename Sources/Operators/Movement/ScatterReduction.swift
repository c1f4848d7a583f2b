import Kernels
import Tensors

/// What becomes of an element of the data and the update for it, in `ScatterND` and
/// `ScatterElements`.
enum ScatterReduction: String, CaseIterable {
  case none, add, mul, min, max

  /// The attribute `reduction`, which exists from opset 16 on; `min` and `max` from 18 on.
  init(_ node: inout NodeReader) throws {
    self = node.opset >= 16 ? try node.choice("reduction", default: .none) : .none
    guard node.opset >= 18 || (self != .min && self != .max) else {
      throw OperatorError(
        "reduction '\(shown: self)' in opset \(node.opset), expected none, add or mul")
    }
  }
}

/// Where updates go.
protocol ScatterTarget: Sendable {
  /// Writes `combine` of what stands in the output and the update to each place an update is for,
  /// in order. `T` may stand for the bits of the elements.
  func scatter<T: BitwiseCopyable>(_ run: NodeRun, _: T.Type, _ combine: (T, T) -> T) throws
}

extension ScatterReduction {
  /// What scatters updates of this type in a run.
  @inline(__always)
  func prepared<Target: ScatterTarget>(
    for elementType: ElementType, _ target: Target
  ) throws -> @Sendable (NodeRun) throws -> Void {
    if self == .none {
      return switch elementType.byteCount {
      case 1: { try target.scatter($0, UInt8.self) { $1 } }
      case 2: { try target.scatter($0, UInt16.self) { $1 } }
      case 4: { try target.scatter($0, UInt32.self) { $1 } }
      default: { try target.scatter($0, UInt64.self) { $1 } }
      }
    }
    return switch elementType {
    case .float32: floating(target, Float.self)
    case .float64: floating(target, Double.self)
    case .float16: half(target, Half.self, { $0.float }, { Half($0) })
    case .bfloat16: half(target, BFloat16.self, { $0.float }, { BFloat16($0) })
    case .int8: integer(target, Int8.self)
    case .int16: integer(target, Int16.self)
    case .int32: integer(target, Int32.self)
    case .int64: integer(target, Int64.self)
    case .uint8: integer(target, UInt8.self)
    case .uint16: integer(target, UInt16.self)
    case .uint32: integer(target, UInt32.self)
    case .uint64: integer(target, UInt64.self)
    case .bool: throw OperatorError("reduction '\(shown: self)' of bool, expected numbers")
    }
  }

  private func floating<Target: ScatterTarget, T: FloatingElement>(
    _ target: Target, _: T.Type
  ) -> @Sendable (NodeRun) throws -> Void {
    { try target.scatter($0, T.self) { combined($0, $1) } }
  }

  private func half<Target: ScatterTarget, T: Element>(
    _ target: Target, _: T.Type, _ widen: @escaping @Sendable (T) -> Float,
    _ round: @escaping @Sendable (Float) -> T
  ) -> @Sendable (NodeRun) throws -> Void {
    { try target.scatter($0, T.self) { round(combined(widen($0), widen($1))) } }
  }

  private func integer<Target: ScatterTarget, T: IntegerElement>(
    _ target: Target, _: T.Type
  ) -> @Sendable (NodeRun) throws -> Void {
    { run in
      try target.scatter(run, T.self) { a, b in
        switch self {
        case .none: b
        case .add: a &+ b
        case .mul: a &* b
        case .min: Swift.min(a, b)
        case .max: Swift.max(a, b)
        }
      }
    }
  }

  private func combined<T: FloatingElement>(_ a: T, _ b: T) -> T {
    switch self {
    case .none: b
    case .add: a + b
    case .mul: a * b
    case .min: a < b || a.isNaN ? a : b
    case .max: a > b || a.isNaN ? a : b
    }
  }
}

extension NodeRun {
  /// Copies the first input to an output of the same type and shape.
  func copyInput(to output: MutableTensor) {
    let width = output.elementType.byteCount
    StridedCopy(dimensions: [output.shape.elementCount], from: [1], to: [1], elementBytes: width)
      .run(from: inputBytes(0), to: output.unsafeBytes.baseAddress!, team: team)
  }
}
