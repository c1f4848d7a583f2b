/// A Swift type whose values a tensor can hold.
///
/// Every bit pattern of the type's size is a value of it, except for `Bool`, whose tensors are
/// normalised to 0 and 1 where bytes enter from outside.
public protocol Element: BitwiseCopyable, Sendable, Equatable {
  /// The element type tensors of this Swift type have.
  static var elementType: ElementType { get }
  /// The value that is zero, or false.
  static var zero: Self { get }
}

extension Float: Element { public static var elementType: ElementType { .float32 } }
extension Double: Element { public static var elementType: ElementType { .float64 } }
extension Int8: Element { public static var elementType: ElementType { .int8 } }
extension Int16: Element { public static var elementType: ElementType { .int16 } }
extension Int32: Element { public static var elementType: ElementType { .int32 } }
extension Int64: Element { public static var elementType: ElementType { .int64 } }
extension UInt8: Element { public static var elementType: ElementType { .uint8 } }
extension UInt16: Element { public static var elementType: ElementType { .uint16 } }
extension UInt32: Element { public static var elementType: ElementType { .uint32 } }
extension UInt64: Element { public static var elementType: ElementType { .uint64 } }
extension Bool: Element {
  public static var elementType: ElementType { .bool }
  public static var zero: Bool { false }
}

/// An IEEE 754 binary16 number, held by its bits.
public struct Half: Element {
  public static var elementType: ElementType { .float16 }
  public static var zero: Half { Half(bits: 0) }
  public var bits: UInt16

  @inlinable public init(bits: UInt16) { self.bits = bits }

  /// The nearest half to `value`, ties to even; overflow gives infinity.
  @inlinable public init(_ value: Float) {
    let magnitude = value.bitPattern & 0x7fff_ffff
    let sign = UInt16(truncatingIfNeeded: (value.bitPattern >> 16) & 0x8000)
    if magnitude >= 0x7f80_0000 {
      // A NaN keeps its leading payload bits and is made quiet.
      let payload = UInt16(truncatingIfNeeded: (magnitude >> 13) & 0x3ff)
      bits = sign | 0x7c00 | (magnitude > 0x7f80_0000 ? payload | 0x200 : 0)
    } else if magnitude >= 0x477f_f000 {
      bits = sign | 0x7c00
    } else if magnitude >= 0x3880_0000 {
      let rounded = magnitude &+ 0xfff &+ ((magnitude >> 13) & 1)
      bits = sign | UInt16(truncatingIfNeeded: (rounded &- 0x3800_0000) >> 13)
    } else {
      // Subnormal halves are multiples of 2^-24, which the conversion to an integer rounds to.
      let units = (Float(bitPattern: magnitude) * 0x1p24).rounded(.toNearestOrEven)
      bits = sign | UInt16(units)
    }
  }

  /// The same value as a float32; exact.
  @inlinable public var float: Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 0x1f
    let fraction = UInt32(bits & 0x3ff)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      return Float(bitPattern: magnitude.bitPattern | sign)
    case 31: return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}

/// A bfloat16 number: the upper half of a float32.
public struct BFloat16: Element {
  public static var elementType: ElementType { .bfloat16 }
  public static var zero: BFloat16 { BFloat16(bits: 0) }
  public var bits: UInt16

  @inlinable public init(bits: UInt16) { self.bits = bits }

  /// The nearest bfloat16 to `value`, ties to even.
  @inlinable public init(_ value: Float) {
    let pattern = value.bitPattern
    if value.isNaN {
      bits = UInt16(truncatingIfNeeded: pattern >> 16) | 0x40
    } else {
      bits = UInt16(truncatingIfNeeded: (pattern &+ 0x7fff &+ ((pattern >> 16) & 1)) >> 16)
    }
  }

  /// The same value as a float32; exact.
  @inlinable public var float: Float { Float(bitPattern: UInt32(bits) << 16) }
}
