import CKernels
import Foundation
import Kernels
import TestSupport
import Testing

@Suite("Activation functions")
struct ActivationTests {
  struct Level: CustomTestStringConvertible {
    let level: SIMDLevel
    let testDescription: String
  }

  static let levels = [
    Level(level: SIMDLevelPlain, testDescription: "plain"),
    Level(level: SIMDLevelAVX2, testDescription: "AVX2"),
    Level(level: SIMDLevelAVX512, testDescription: "AVX-512"),
  ].filter { $0.level.rawValue <= simd_level_available().rawValue }

  struct Function: CustomTestStringConvertible {
    let testDescription: String
    let ofLevel: @Sendable (ActivationFunctions) -> ActivationFunction
    let exact: @Sendable (Double) -> Double
    /// In units in the last place, as the header promises.
    let bound: Double
  }

  static let functions = [
    Function(
      testDescription: "sigmoid", ofLevel: { $0.sigmoid }, exact: { Activations.sigmoid($0) },
      bound: 2.5),
    Function(testDescription: "tanh", ofLevel: { $0.tanh }, exact: { tanh($0) }, bound: 3),
    Function(testDescription: "exp", ofLevel: { $0.exp }, exact: { exp($0) }, bound: 1.25),
  ]

  static let special: [Float] = [
    0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
    .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 88.7, 88.73, -87.3,
    -87.4, -88.8, -103.9, -104, 16.6, 17.4, 9.01, -9.02, 1e-30, 0.34657, -0.34658,
  ]

  /// All kinds of numbers: special ones, random bits, and those where the functions vary.
  static let arguments: [Float] = {
    var generator = SeededGenerator(seed: 2024)
    return special
      + (0..<200_000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: generator.next())) }
      + (0..<200_000).map { _ in Float.random(in: -105...90, using: &generator) }
      + (0..<200_000).map { _ in Float.random(in: -2...2, using: &generator) }
  }()

  static func apply(_ function: ActivationFunction, to x: [Float]) -> [Float] {
    [Float](unsafeUninitializedCapacity: x.count) { y, count in
      function(x, y.baseAddress, x.count)
      count = x.count
    }
  }

  @Test(arguments: levels, functions)
  func errorsStayWithinTheBound(_ level: Level, _ function: Function) {
    let y = Self.apply(function.ofLevel(activation_functions(level.level)), to: Self.arguments)
    var worst = (error: 0.0, x: Float(0))
    for (x, y) in zip(Self.arguments, y) {
      let error = Self.error(of: y, exact: function.exact(Double(x)))
      if !(error <= worst.error) { worst = (error, x) }
    }
    #expect(worst.error <= function.bound, "at \(worst.x)")
  }

  /// In units in the last place; infinite when one is infinite or NaN and the other is not.
  static func error(of y: Float, exact: Double) -> Double {
    let nearest = Float(exact)
    if nearest.isNaN || nearest.isInfinite || !y.isFinite {
      return y == nearest || (y.isNaN && nearest.isNaN) ? 0 : .infinity
    }
    // The smaller unit at a power of two, where the two sides differ.
    let unit = min(nearest.ulp, Float(exact.nextDown.magnitude).ulp)
    return (Double(y) - exact).magnitude / Double(max(unit, .leastNonzeroMagnitude))
  }

  /// Whether the bits are the same, those of NaN aside.
  static func areSame(_ a: Float, _ b: Float) -> Bool {
    a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN)
  }

  @Test(arguments: levels)
  func sigmoidStaysBetweenItsLimits(_ level: Level) {
    let functions = activation_functions(level.level)
    let y = Self.apply(functions.sigmoid, to: Self.arguments)
    let outside = zip(Self.arguments, y).first { x, y in !x.isNaN && !(y >= 0 && y <= 1) }
    #expect(outside == nil)
    #expect(Self.apply(functions.sigmoid, to: [-.infinity, .infinity, 0]) == [0, 1, 0.5])
    let zeros = Self.apply(functions.tanh, to: [0, -0.0])
    #expect(zeros.map(\.bitPattern) == [Float(0).bitPattern, Float(-0.0).bitPattern])
  }

  @Test(arguments: levels)
  func siluIsTheProduct(_ level: Level) {
    let functions = activation_functions(level.level)
    let sigmoids = Self.apply(functions.sigmoid, to: Self.arguments)
    let silus = Self.apply(functions.silu, to: Self.arguments)
    let products = zip(Self.arguments, sigmoids).map { $0 * $1 }
    #expect(zip(silus, products).allSatisfy { Self.areSame($0, $1) })
  }

  @Test(arguments: levels, functions)
  func bitsDoNotDependOnThePlace(_ level: Level, _ function: Function) {
    let apply = function.ofLevel(activation_functions(level.level))
    let x = Array(Self.arguments.suffix(40))
    let y = Self.apply(apply, to: x)
    for start in 0..<x.count {
      for count in [1, 2, 5, 15, 17] where start + count <= x.count {
        let part = Self.apply(apply, to: Array(x[start..<start + count]))
        #expect(part.map(\.bitPattern) == y[start..<start + count].map(\.bitPattern))
      }
    }
  }

  @Test(
    .enabled(if: simd_level_available() == SIMDLevelAVX512, "needs AVX-512"), arguments: functions)
  func vectorLevelsAgree(_ function: Function) {
    let narrow = Self.apply(
      function.ofLevel(activation_functions(SIMDLevelAVX2)), to: Self.arguments)
    let wide = Self.apply(
      function.ofLevel(activation_functions(SIMDLevelAVX512)), to: Self.arguments)
    #expect(zip(narrow, wide).allSatisfy { Self.areSame($0, $1) })
  }

  @Test func arraysMayBeTheSame() {
    var x = Self.special
    let expected = Self.apply(activation_functions(InstructionSet.inUse).silu, to: x)
    x.withUnsafeMutableBufferPointer { Activations.silu(UnsafeBufferPointer($0), into: $0) }
    #expect(x.map(\.bitPattern) == expected.map(\.bitPattern))
  }
}
