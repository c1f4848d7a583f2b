/// An element of which pooling takes the largest; NaN when any is NaN.
///
/// Comparisons of vectors are fast only where the type is concrete, hence one extension for each.
package protocol OrderedElement: SIMDScalar, BitwiseCopyable, Comparable, Hashable, Codable,
  Sendable
{
  /// What no element is below.
  static var least: Self { get }
  static func larger(_ a: Self, _ b: Self) -> Self
  static func larger(_ a: SIMD8<Self>, _ b: SIMD8<Self>) -> SIMD8<Self>
}

extension Float: OrderedElement {
  package static var least: Float { -.infinity }
  @inline(__always)
  package static func larger(_ a: Float, _ b: Float) -> Float { a > b || a != a ? a : b }
  @inline(__always)
  package static func larger(_ a: SIMD8<Float>, _ b: SIMD8<Float>) -> SIMD8<Float> {
    b.replacing(with: a, where: (a .> b) .| (a .!= a))
  }
}

extension Double: OrderedElement {
  package static var least: Double { -.infinity }
  @inline(__always)
  package static func larger(_ a: Double, _ b: Double) -> Double { a > b || a != a ? a : b }
  @inline(__always)
  package static func larger(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> SIMD8<Double> {
    b.replacing(with: a, where: (a .> b) .| (a .!= a))
  }
}

extension Int8: OrderedElement {
  package static var least: Int8 { .min }
  @inline(__always)
  package static func larger(_ a: Int8, _ b: Int8) -> Int8 { a > b ? a : b }
  @inline(__always)
  package static func larger(_ a: SIMD8<Int8>, _ b: SIMD8<Int8>) -> SIMD8<Int8> {
    b.replacing(with: a, where: a .> b)
  }
}

extension UInt8: OrderedElement {
  package static var least: UInt8 { .min }
  @inline(__always)
  package static func larger(_ a: UInt8, _ b: UInt8) -> UInt8 { a > b ? a : b }
  @inline(__always)
  package static func larger(_ a: SIMD8<UInt8>, _ b: SIMD8<UInt8>) -> SIMD8<UInt8> {
    b.replacing(with: a, where: a .> b)
  }
}
