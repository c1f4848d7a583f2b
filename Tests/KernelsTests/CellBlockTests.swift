import CKernels
import Kernels
import TestSupport
import Testing

/// Every level against plain loops.
@Suite("Blocks of cells") struct CellBlockTests {
  private static let lanes = Int(CellLanes)
  /// Some that fill four channels at a time and some that do not.
  private static let counts = [1, 3, 4, 16, 80, 83]

  private static let special: [Float] = [
    0, -0.0, 1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
  ]

  /// Numbers with many that are equal, not finite, or not there.
  private static func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      Int.random(in: 0..<3, using: &generator) == 0
        ? special.randomElement(using: &generator)!
        : Float(Int.random(in: -4...4, using: &generator)) / 4
    }
  }

  @Test(arguments: ActivationTests.levels, counts)
  private func transposeMovesEveryNumber(_ level: ActivationTests.Level, _ count: Int) {
    let stride = count + 5
    let values = (0..<Self.lanes * stride).map(Float.init)
    // Rows in any order, as a graph may have them.
    let rows = (0..<Self.lanes).map { $0 * 7 % Self.lanes * stride + 5 }
    var lanes = [Float](repeating: -1, count: Self.lanes * count)
    cell_functions(level.level).transpose(values, rows, count, &lanes)
    for channel in 0..<count {
      for lane in 0..<Self.lanes {
        #expect(lanes[channel * Self.lanes + lane] == values[rows[lane] + channel])
      }
    }
  }

  @Test(arguments: [1, 3, 85]) private func gatherTakesEveryRow(_ stride: Int) {
    let values = (0..<5 + 15 * stride).map(Float.init)
    let lanes = values.withUnsafeBufferPointer {
      CellBlocks.gather($0, first: 4, stride: stride)
    }
    #expect((0..<Self.lanes).allSatisfy { lanes[$0] == Float(4 + $0 * stride) })
  }

  @Test(arguments: ActivationTests.levels, counts)
  private func distancesAreTheLargest(_ level: ActivationTests.Level, _ count: Int) {
    let (strideA, strideB) = (Self.lanes, Self.lanes + 3)
    let a = Self.numbers(count * strideA, seed: 1)
    var b = Self.numbers(count * strideB, seed: 2).map { $0.isFinite ? $0 : 0.5 }
    // On both sides but for every fourth lane, where what is not finite is on one alone.
    for channel in 0..<count {
      for lane in 0..<Self.lanes where lane % 4 != 0 {
        let value = a[channel * strideA + lane]
        if !value.isFinite { b[channel * strideB + lane] = value }
      }
    }
    let first: [Int32] = (0..<Self.lanes).map { Int32(bitPattern: Float($0).bitPattern) }
    for mayShare in [false, true] {
      var largest = first
      cell_functions(level.level).distances(
        a, strideA, b, strideB, count, mayShare ? 1 : 0, &largest)
      for lane in 0..<Self.lanes {
        var expected = first[lane]
        for channel in 0..<count {
          let (x, y) = (a[channel * strideA + lane], b[channel * strideB + lane])
          if mayShare, x == y || (x.isNaN && y.isNaN) { continue }
          expected = max(expected, Int32(bitPattern: abs(x - y).bitPattern & 0x7fff_ffff))
        }
        #expect(largest[lane] == expected)
      }
    }
  }

  @Test(arguments: ActivationTests.levels, counts)
  private func choiceIsTheFirstLargest(_ level: ActivationTests.Level, _ count: Int) {
    let values = Self.numbers(count * Self.lanes, seed: 3)
    for start in [(best: Int32(0), largest: Float.nan), (best: -1, largest: 0)] {
      var best = [Int32](repeating: start.best, count: Self.lanes)
      var largest = [Float](repeating: start.largest, count: Self.lanes)
      cell_functions(level.level).choose(values, Self.lanes, count, &best, &largest)
      for lane in 0..<Self.lanes {
        var expected = start
        for channel in 0..<count {
          let value = values[channel * Self.lanes + lane]
          if value > expected.largest || (expected.largest.isNaN && !value.isNaN) {
            expected = (Int32(channel), value)
          }
        }
        #expect(best[lane] == expected.best)
        #expect(largest[lane].bitPattern == expected.largest.bitPattern || largest[lane].isNaN)
        #expect(largest[lane].isNaN == expected.largest.isNaN)
      }
    }
  }
}
