import Kernels
import Tensors

extension Tensor {
  /// A floating-point tensor as float64, any other as it is.
  package var inFloat64: Tensor {
    elementType.isFloatingPoint ? cast(to: .float64, team: ThreadTeam(threadCount: 1)) : self
  }

  /// The same numbers as elements of another type.
  package func cast(to elementType: ElementType, team: ThreadTeam) -> Tensor {
    guard elementType != self.elementType else { return self }
    let result = MutableTensor(elementType: elementType, shape: shape)
    cast(into: result, team: team)
    return result.tensor
  }

  /// Writes the same numbers as elements of the result's type.
  func cast(into result: MutableTensor, team: ThreadTeam) {
    switch (elementType, result.elementType) {
    case (.float32, .float16), (.float32, .bfloat16): round(into: result, team: team)
    case (.float16, .float32), (.bfloat16, .float32): widen(into: result, team: team)
    case (.float32, _): cast(Float.self, into: result, team)
    case (.float64, _): cast(Double.self, into: result, team)
    case (.float16, _): cast(Half.self, into: result, team)
    case (.bfloat16, _): cast(BFloat16.self, into: result, team)
    case (.int8, _): cast(Int8.self, into: result, team)
    case (.int16, _): cast(Int16.self, into: result, team)
    case (.int32, _): cast(Int32.self, into: result, team)
    case (.int64, _): cast(Int64.self, into: result, team)
    case (.uint8, _): cast(UInt8.self, into: result, team)
    case (.uint16, _): cast(UInt16.self, into: result, team)
    case (.uint32, _): cast(UInt32.self, into: result, team)
    case (.uint64, _): cast(UInt64.self, into: result, team)
    case (.bool, _): cast(Bool.self, into: result, team)
    }
  }

  private func cast<S: Castable>(_: S.Type, into result: MutableTensor, _ team: ThreadTeam) {
    switch result.elementType {
    case .float32: cast(S.self, Float.self, into: result, team)
    case .float64: cast(S.self, Double.self, into: result, team)
    case .float16: cast(S.self, Half.self, into: result, team)
    case .bfloat16: cast(S.self, BFloat16.self, into: result, team)
    case .int8: cast(S.self, Int8.self, into: result, team)
    case .int16: cast(S.self, Int16.self, into: result, team)
    case .int32: cast(S.self, Int32.self, into: result, team)
    case .int64: cast(S.self, Int64.self, into: result, team)
    case .uint8: cast(S.self, UInt8.self, into: result, team)
    case .uint16: cast(S.self, UInt16.self, into: result, team)
    case .uint32: cast(S.self, UInt32.self, into: result, team)
    case .uint64: cast(S.self, UInt64.self, into: result, team)
    case .bool: cast(S.self, Bool.self, into: result, team)
    }
  }

  private func cast<S: Castable, R: Castable>(
    _: S.Type, _: R.Type, into result: MutableTensor, _ team: ThreadTeam
  ) {
    withElements(of: S.self) { elements in
      let output = result.unsafeElements(of: R.self)
      team.forEachChunk(of: elements.count) {
        for i in $0 { output[i] = elements[i].cast(to: R.self) }
      }
    }
  }
}

/// An element that can be made of any other, by way of the three types that between them hold every
/// element's value exactly.
private protocol Castable: Element {
  init(casting value: Double)
  init(casting value: Int64)
  init(casting value: UInt64)
  func cast<R: Castable>(to: R.Type) -> R
}

extension Castable where Self: FloatingElement {
  init(casting value: Double) { self.init(converting: value) }
  init(casting value: Int64) { self.init(value) }
  init(casting value: UInt64) { self.init(value) }
  func cast<R: Castable>(to: R.Type) -> R { R(casting: Double(self)) }
}

extension Castable where Self: IntegerElement {
  init(casting value: Double) { self.init(converting: value) }
  init(casting value: Int64) { self.init(truncatingIfNeeded: value) }
  init(casting value: UInt64) { self.init(truncatingIfNeeded: value) }
  func cast<R: Castable>(to: R.Type) -> R {
    Self.isSigned
      ? R(casting: Int64(truncatingIfNeeded: self)) : R(casting: UInt64(truncatingIfNeeded: self))
  }
}

extension Float: Castable {}
extension Double: Castable {}
extension Int8: Castable {}
extension Int16: Castable {}
extension Int32: Castable {}
extension Int64: Castable {}
extension UInt8: Castable {}
extension UInt16: Castable {}
extension UInt32: Castable {}
extension UInt64: Castable {}

extension Half: Castable {
  fileprivate init(casting value: Double) { self.init(Float(roundedToOdd: value)) }
  fileprivate init(casting value: Int64) { self.init(casting: Double(value)) }
  fileprivate init(casting value: UInt64) { self.init(casting: Double(value)) }
  fileprivate func cast<R: Castable>(to: R.Type) -> R { R(casting: Double(float)) }
}

extension BFloat16: Castable {
  fileprivate init(casting value: Double) { self.init(Float(roundedToOdd: value)) }
  fileprivate init(casting value: Int64) { self.init(casting: Double(value)) }
  fileprivate init(casting value: UInt64) { self.init(casting: Double(value)) }
  fileprivate func cast<R: Castable>(to: R.Type) -> R { R(casting: Double(float)) }
}

extension Bool: Castable {
  fileprivate init(casting value: Double) { self = value != 0 }
  fileprivate init(casting value: Int64) { self = value != 0 }
  fileprivate init(casting value: UInt64) { self = value != 0 }
  fileprivate func cast<R: Castable>(to: R.Type) -> R { R(casting: Int64(self ? 1 : 0)) }
}

extension Float {
  /// The float32 next to `value` whose last bit is odd, unless `value` is a float32 itself: rounding
  /// that to half width gives what rounding `value` at once would.
  fileprivate init(roundedToOdd value: Double) {
    let nearest = Float(value)
    if nearest.isInfinite || nearest.bitPattern & 1 == 1 || !(Double(nearest) != value) {
      self = nearest
    } else {
      self = Double(nearest) < value ? nearest.nextUp : nearest.nextDown
    }
  }
}
