import Kernels
import TestSupport
import Testing

/// Every index of an array with these dimensions, in row-major order.
private func indices(of dimensions: [Int]) -> [[Int]] {
  dimensions.reduce([[]]) { partial, count in
    partial.flatMap { head in (0..<count).map { head + [$0] } }
  }
}

private func rowMajorStrides(_ dimensions: [Int]) -> [Int] {
  dimensions.indices.map { dimensions[($0 + 1)...].reduce(1, *) }
}

private func dot(_ a: [Int], _ b: [Int]) -> Int { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

@Suite("Strided copy")
struct StridedCopyTests {
  /// A random view of a dense source: permuted, reversed, stepped and repeated dimensions.
  private struct Layout {
    var sourceCount: Int
    var dimensions: [Int] = []
    var strides: [Int] = []
    var offset = 0

    init(using generator: inout SeededGenerator) {
      let rank = generator.int(0...4)
      let long = generator.int(0...3) == 0
      let source = (0..<rank).map { _ in generator.int(long && rank < 4 ? 0...40 : 0...6) }
      let sourceStrides = rowMajorStrides(source)
      sourceCount = source.reduce(1, *)
      for axis in source.indices.shuffled(using: &generator) {
        switch generator.int(0...5) {
        case 0:
          dimensions.append(generator.int(1...3))
          strides.append(0)
        case 1 where source[axis] > 0:
          dimensions.append(source[axis])
          strides.append(-sourceStrides[axis])
          offset += (source[axis] - 1) * sourceStrides[axis]
        case 2:
          dimensions.append((source[axis] + 1) / 2)
          strides.append(2 * sourceStrides[axis])
        default:
          dimensions.append(source[axis])
          strides.append(sourceStrides[axis])
        }
      }
    }
  }

  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func matchesTheDefinition(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let layout = Layout(using: &generator)
    check(layout, as: UInt8.self, &generator)
    check(layout, as: UInt16.self, &generator)
    check(layout, as: UInt32.self, &generator)
    check(layout, as: UInt64.self, &generator)
  }

  private func check<T: FixedWidthInteger & BitwiseCopyable>(
    _ layout: Layout, as _: T.Type, _ generator: inout SeededGenerator
  ) {
    let source = (0..<max(layout.sourceCount, 1)).map { _ in
      T.random(in: 1...T.max, using: &generator)
    }
    // The destination is part of something larger, whose rest must stay.
    let gap = generator.int(0...2)
    let padded = layout.dimensions.dropLast() + layout.dimensions.suffix(1).map { $0 + gap }
    let to = rowMajorStrides(Array(padded))
    let count = padded.reduce(1, *)
    var expected = [T](repeating: 0, count: count)
    if layout.sourceCount > 0 {
      for index in indices(of: layout.dimensions) {
        expected[dot(index, to)] = source[layout.offset + dot(index, layout.strides)]
      }
    }
    for threads in [1, 3] {
      var found = [T](repeating: 0, count: count)
      let copy = StridedCopy(
        dimensions: layout.sourceCount > 0 ? layout.dimensions : layout.dimensions.map { _ in 0 },
        from: layout.strides, to: to, elementBytes: MemoryLayout<T>.size)
      source.withUnsafeBytes { source in
        found.withUnsafeMutableBytes {
          copy.run(
            from: source.baseAddress! + layout.offset * MemoryLayout<T>.size,
            to: $0.baseAddress!, team: ThreadTeam(threadCount: threads))
        }
      }
      #expect(found == expected, "\(T.self), \(threads) threads")
      guard gap == 0 else { continue }
      source.withUnsafeBytes { source in
        found.withUnsafeMutableBytes {
          copy.run(
            from: source.baseAddress! + layout.offset * MemoryLayout<T>.size,
            to: $0.baseAddress!, team: ThreadTeam(threadCount: threads)
          ) { written in
            for index in written.indices { written[index] = ~written[index] }
          }
        }
      }
      let finished = layout.sourceCount > 0 ? expected.map { ~$0 } : expected
      #expect(found == finished, "\(T.self), finished, \(threads) threads")
    }
  }

  @Test func manyTilesOnSeveralThreads() {
    let (rows, columns) = (301, 403)
    let source = (0..<rows * columns).map { UInt32($0) }
    var found = [UInt32](repeating: 0, count: source.count)
    let transpose = StridedCopy(
      dimensions: [columns, rows], from: [1, columns], to: [rows, 1], elementBytes: 4)
    source.withUnsafeBytes { source in
      found.withUnsafeMutableBytes {
        transpose.run(
          from: source.baseAddress!, to: $0.baseAddress!, team: ThreadTeam(threadCount: 2))
      }
    }
    #expect(found.indices.allSatisfy { Int(found[$0]) == $0 % rows * columns + $0 / rows })
  }

  @Test func aLongRunIsSharedOut() {
    let source = (0..<200_001).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var found = [UInt8](repeating: 0, count: source.count)
    let copy = StridedCopy(dimensions: [source.count], from: [1], to: [1], elementBytes: 1)
    source.withUnsafeBytes { source in
      found.withUnsafeMutableBytes {
        copy.run(from: source.baseAddress!, to: $0.baseAddress!, team: ThreadTeam(threadCount: 2))
      }
    }
    #expect(found == source)
  }
}

@Suite("Table copy")
struct TableCopyTests {
  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func matchesTheDefinition(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let dimensions = (0..<generator.int(1...4)).map { _ in generator.int(1...7) }
    let tables: [[Int32]?] = dimensions.map { dimension in
      switch generator.int(0...4) {
      case 0, 1: nil
      case 2: (0..<Int32(2 * dimension)).map { $0 / 2 }
      default:
        (0..<generator.int(0...9)).map { _ in Int32(generator.int(0...dimension - 1)) }
      }
    }
    let source = (0..<dimensions.reduce(1, *)).map { _ in
      UInt16.random(in: 1...9999, using: &generator)
    }
    let destination = zip(dimensions, tables).map { $1?.count ?? $0 }
    let strides = rowMajorStrides(dimensions)
    let expected = indices(of: destination).map { index in
      source[
        dot(index.enumerated().map { axis, i in tables[axis].map { Int($0[i]) } ?? i }, strides)]
    }
    let copy = TableCopy(sourceDimensions: dimensions, tables: tables, elementBytes: 2)
    for threads in [1, 3] {
      var found = [UInt16](repeating: 0, count: max(expected.count, 1))
      source.withUnsafeBytes { source in
        found.withUnsafeMutableBytes {
          copy.run(
            from: source.baseAddress!, to: $0.baseAddress!, team: ThreadTeam(threadCount: threads))
        }
      }
      #expect(Array(found.prefix(expected.count)) == expected, "\(threads) threads")
    }
  }
}
