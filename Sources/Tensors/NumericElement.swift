import Glibc

/// An element type with arithmetic and an order.
public protocol NumericElement: Element, Comparable, Numeric, SendableMetatype {
  /// `value` converted as C converts: towards zero for integers, the nearest for floating point.
  init(converting value: Double)
}

/// Float32 or float64: what floating-point operators compute in.
public protocol FloatingElement: NumericElement, BinaryFloatingPoint {
  static func exp(_ x: Self) -> Self
  static func log(_ x: Self) -> Self
  static func tanh(_ x: Self) -> Self
  static func erf(_ x: Self) -> Self
  static func pow(_ x: Self, _ y: Self) -> Self
  static func sin(_ x: Self) -> Self
  static func cos(_ x: Self) -> Self
  static func tan(_ x: Self) -> Self
  static func asin(_ x: Self) -> Self
  static func acos(_ x: Self) -> Self
  static func atan(_ x: Self) -> Self
  static func sinh(_ x: Self) -> Self
  static func cosh(_ x: Self) -> Self
  static func asinh(_ x: Self) -> Self
  static func acosh(_ x: Self) -> Self
  static func atanh(_ x: Self) -> Self
}

/// A signed or unsigned integer element.
public protocol IntegerElement: NumericElement, FixedWidthInteger {}

extension Float: FloatingElement {
  @inlinable public init(converting value: Double) { self = Float(value) }
  @inlinable public static func exp(_ x: Float) -> Float { Glibc.exp(x) }
  @inlinable public static func log(_ x: Float) -> Float { Glibc.log(x) }
  @inlinable public static func tanh(_ x: Float) -> Float { Glibc.tanh(x) }
  @inlinable public static func erf(_ x: Float) -> Float { Glibc.erf(x) }
  @inlinable public static func pow(_ x: Float, _ y: Float) -> Float { Glibc.pow(x, y) }
  @inlinable public static func sin(_ x: Float) -> Float { Glibc.sin(x) }
  @inlinable public static func cos(_ x: Float) -> Float { Glibc.cos(x) }
  @inlinable public static func tan(_ x: Float) -> Float { Glibc.tan(x) }
  @inlinable public static func asin(_ x: Float) -> Float { Glibc.asin(x) }
  @inlinable public static func acos(_ x: Float) -> Float { Glibc.acos(x) }
  @inlinable public static func atan(_ x: Float) -> Float { Glibc.atan(x) }
  @inlinable public static func sinh(_ x: Float) -> Float { Glibc.sinh(x) }
  @inlinable public static func cosh(_ x: Float) -> Float { Glibc.cosh(x) }
  @inlinable public static func asinh(_ x: Float) -> Float { Glibc.asinh(x) }
  @inlinable public static func acosh(_ x: Float) -> Float { Glibc.acosh(x) }
  @inlinable public static func atanh(_ x: Float) -> Float { Glibc.atanh(x) }
}

extension Double: FloatingElement {
  @inlinable public init(converting value: Double) { self = value }
  @inlinable public static func exp(_ x: Double) -> Double { Glibc.exp(x) }
  @inlinable public static func log(_ x: Double) -> Double { Glibc.log(x) }
  @inlinable public static func tanh(_ x: Double) -> Double { Glibc.tanh(x) }
  @inlinable public static func erf(_ x: Double) -> Double { Glibc.erf(x) }
  @inlinable public static func pow(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
  @inlinable public static func sin(_ x: Double) -> Double { Glibc.sin(x) }
  @inlinable public static func cos(_ x: Double) -> Double { Glibc.cos(x) }
  @inlinable public static func tan(_ x: Double) -> Double { Glibc.tan(x) }
  @inlinable public static func asin(_ x: Double) -> Double { Glibc.asin(x) }
  @inlinable public static func acos(_ x: Double) -> Double { Glibc.acos(x) }
  @inlinable public static func atan(_ x: Double) -> Double { Glibc.atan(x) }
  @inlinable public static func sinh(_ x: Double) -> Double { Glibc.sinh(x) }
  @inlinable public static func cosh(_ x: Double) -> Double { Glibc.cosh(x) }
  @inlinable public static func asinh(_ x: Double) -> Double { Glibc.asinh(x) }
  @inlinable public static func acosh(_ x: Double) -> Double { Glibc.acosh(x) }
  @inlinable public static func atanh(_ x: Double) -> Double { Glibc.atanh(x) }
}

extension IntegerElement {
  /// NaN becomes 0; what the type cannot hold becomes its nearest bound.
  @inlinable public init(converting value: Double) {
    // Below, 64 bits stand for all: to convert to a type that is not known takes far longer.
    if Self.isSigned {
      let wide = value > -0x1p63 && value < 0x1p63 ? Int64(value) : value < 0 ? .min : .max
      self = value.isNaN ? 0 : Self(clamping: wide)
    } else {
      let wide = value > -1 && value < 0x1p64 ? UInt64(value) : value < 0 ? 0 : .max
      self = value.isNaN ? 0 : Self(clamping: wide)
    }
  }
}

extension Int8: IntegerElement {}
extension Int16: IntegerElement {}
extension Int32: IntegerElement {}
extension Int64: IntegerElement {}
extension UInt8: IntegerElement {}
extension UInt16: IntegerElement {}
extension UInt32: IntegerElement {}
extension UInt64: IntegerElement {}

extension ElementType {
  /// The Swift type tensors of this element type hold.
  public var swiftType: any Element.Type {
    switch self {
    case .float16: Half.self
    case .bfloat16: BFloat16.self
    case .bool: Bool.self
    default: numericType!
    }
  }

  /// The Swift type, when it has arithmetic: everything but bool and the two half-width floats.
  public var numericType: (any NumericElement.Type)? { floatingType ?? integerType }

  /// The Swift type, when it is float32 or float64.
  public var floatingType: (any FloatingElement.Type)? {
    switch self {
    case .float32: Float.self
    case .float64: Double.self
    default: nil
    }
  }

  /// The Swift type, when it is an integer.
  public var integerType: (any IntegerElement.Type)? {
    switch self {
    case .int8: Int8.self
    case .int16: Int16.self
    case .int32: Int32.self
    case .int64: Int64.self
    case .uint8: UInt8.self
    case .uint16: UInt16.self
    case .uint32: UInt32.self
    case .uint64: UInt64.self
    default: nil
    }
  }
}
