import Kernels
import TestSupport
import Testing

@Suite("Narrow formats")
struct NarrowFormatTests {
  private func rounded(_ numbers: [Float], to format: NarrowFormat) -> [Float] {
    [Float](unsafeUninitializedCapacity: numbers.count) { result, count in
      numbers.withUnsafeBufferPointer {
        format.round(
          $0, into: UnsafeMutableBufferPointer(rebasing: result[..<numbers.count]),
          team: ThreadTeam(threadCount: 2))
      }
      count = numbers.count
    }
  }

  struct Row: CustomTestStringConvertible {
    let format: NarrowFormat
    let number: Float
    let expected: Float
    var testDescription: String { "\(number) in \(format)" }
  }

  static let rows: [Row] =
    [
      // Halfway between two values: to the one whose last bit is 0.
      (.tf32, 1 + 0x1p-11, 1), (.tf32, 1 + 0x3p-11, 1 + 0x1p-9), (.tf32, -1 - 0x1p-11, -1),
      (.tf32, (1 + 0x1p-11).nextUp, 1 + 0x1p-10), (.tf32, 2 - 0x1p-12, 2),
      (.tf32, .greatestFiniteMagnitude, .infinity), (.tf32, -.infinity, -.infinity),
      (.tf32, 0x1p-136, 0x1p-136), (.tf32, 0x1.8p-137, 0x1p-136), (.tf32, 0x1p-137, 0),
      (.tf32, 65520, 65536), (.tf32, 70_000, 70_016),
      (.fp16, 1 + 0x1p-11, 1), (.fp16, 65519, 65504), (.fp16, 65520, .infinity),
      (.fp16, 0x1p-25, 0), (.fp16, 0x1.8p-25, 0x1p-24), (.fp16, 2049, 2048),
      (.bf16, 1 + 0x1p-8, 1), (.bf16, 1 + 0x3p-8, 1 + 0x1p-6), (.bf16, 257, 256),
      (.bf16, .greatestFiniteMagnitude, .infinity), (.bf16, 0x1p-133, 0x1p-133),
    ].map { Row(format: $0, number: $1, expected: $2) }

  @Test(arguments: rows) func roundsToTheNearest(_ row: Row) {
    #expect(rounded([row.number], to: row.format) == [row.expected])
  }

  @Test(arguments: NarrowFormat.allCases) func notANumberStays(_ format: NarrowFormat) {
    let odd = [Float.nan, Float(bitPattern: 0x7f80_0001), Float(bitPattern: 0xff80_1000)]
    let kept = rounded(odd, to: format).filter(\.isNaN)
    #expect(kept.count == odd.count)
  }

  /// Against rounding in float64 to a multiple of the last place.
  @Test(arguments: NarrowFormat.allCases) func isTheNearestValue(_ format: NarrowFormat) {
    let (bits, smallest, largest): (Int, Double, Double) =
      switch format {
      case .fp16: (10, 0x1p-14, 65504)
      case .bf16: (7, 0x1p-126, 0x1.fep127)
      case .tf32: (10, 0x1p-126, 0x1.ffcp127)
      }
    var generator = SeededGenerator(seed: 7)
    let numbers =
      (0..<100_000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: generator.next())) }
      + (0..<100_000).map { _ in Float.random(in: -4...4, using: &generator) }
      + (0..<100_000).map { _ in Float.random(in: -1e-4...1e-4, using: &generator) }
    let finite = numbers.filter(\.isFinite)
    let wrong = zip(finite, rounded(finite, to: format)).filter { number, found in
      let exact = Double(number)
      let step =
        max(abs(exact), smallest).binade * Double(sign: .plus, exponent: -bits, significand: 1)
      let nearest = (exact / step).rounded(.toNearestOrEven) * step
      let expected =
        abs(nearest) > largest ? Double(signOf: exact, magnitudeOf: .infinity) : nearest
      return Double(found) != expected
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(3)), seed 7")
  }
}
