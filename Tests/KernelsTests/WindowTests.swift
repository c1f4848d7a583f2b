import Kernels
import TestSupport
import Testing

/// What a window sees of the input, by the definition.
private func windows(_ axes: [WindowAxis], plane: [Double]) -> [(values: [Double], offsets: [Int])]
{
  let outputs = axes.reduce(1) { $0 * $1.output }
  return (0..<outputs).map { output in
    var rest = output
    var positions = [Int](repeating: 0, count: axes.count)
    for axis in axes.indices.reversed() {
      positions[axis] = rest % axes[axis].output
      rest /= axes[axis].output
    }
    var values: [Double] = []
    var offsets: [Int] = []
    for tap in 0..<axes.reduce(1, { $0 * $1.kernel }) {
      var rest = tap
      var offset = 0
      var stride = 1
      var isInside = true
      for axis in axes.indices.reversed() {
        let a = axes[axis]
        let place = positions[axis] * a.stride - a.padding + rest % a.kernel * a.dilation
        rest /= a.kernel
        isInside = isInside && (0..<a.input).contains(place)
        offset += place * stride
        stride *= a.input
      }
      if isInside {
        values.append(plane[offset])
        offsets.append(offset)
      }
    }
    return (values, offsets)
  }
}

@Suite("Window reductions")
struct WindowTests {
  private static func axis(_ generator: inout SeededGenerator) -> WindowAxis {
    let kernel = generator.int(1...5)
    let stride = generator.int(1...3)
    let dilation = generator.int(0...2) == 0 ? generator.int(2...3) : 1
    let padding = generator.int(0...kernel - 1)
    let input = generator.int(1...12)
    let room = input + padding + generator.int(0...kernel - 1) - (kernel - 1) * dilation - 1
    return WindowAxis(
      input: input, output: room < 0 ? 0 : room / stride + 1, kernel: kernel, stride: stride,
      dilation: dilation, padding: padding)
  }

  private static func axes(_ generator: inout SeededGenerator) -> [WindowAxis] {
    let rank = generator.int(1...3)
    return (0..<3).map { $0 < 3 - rank ? .single : axis(&generator) }
  }

  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func matchesTheDefinition(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let axes = Self.axes(&generator)
    let planes = generator.int(1...3)
    let size = axes.reduce(1) { $0 * $1.input }
    var input = generator.numbers(planes * size)
    if seed % 5 == 0 { input[generator.int(0...input.count - 1)] = .nan }
    let seen = (0..<planes).flatMap {
      windows(axes, plane: Array(input[$0 * size..<($0 + 1) * size]))
    }

    let maxima = seen.map {
      $0.values.contains(where: \.isNaN) ? .nan : $0.values.max() ?? -.infinity
    }
    let sums = seen.map { $0.values.reduce(0, +) }
    let averages = seen.map {
      $0.values.isEmpty ? 0 : $0.values.reduce(0, +) / Double($0.values.count)
    }
    let counts = axes.map { axis in (0..<axis.output).map { axis.taps(at: $0).count } }
    for threads in [1, 2] {
      let team = ThreadTeam(threadCount: threads)
      func run(
        _ body: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
      ) -> [Double] {
        var found = [Double](repeating: 0, count: seen.count + 1)
        input.withUnsafeBufferPointer { input in
          found.withUnsafeMutableBufferPointer { body(input.baseAddress!, $0.baseAddress!) }
        }
        return Array(found.dropLast())
      }
      let foundMaxima = run {
        reduceWindows(
          Maximum<Double>.self, planes: planes, axes: axes, from: $0, to: $1, team: team)
      }
      #expect(same(foundMaxima, maxima))
      let foundSums = run {
        reduceWindows(Sum<Double>.self, planes: planes, axes: axes, from: $0, to: $1, team: team)
      }
      #expect(same(foundSums, sums))
      let foundAverages = run {
        averageWindows(planes: planes, axes: axes, counts: counts, from: $0, to: $1, team: team)
      }
      #expect(same(foundAverages, averages))
    }
  }

  @Test(arguments: 1...100 as ClosedRange<UInt64>)
  func findsWhereTheFirstLargestStands(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let axes = Self.axes(&generator)
    var input = generator.numbers(axes.reduce(1) { $0 * $1.input })
    if seed % 5 == 0 { input[generator.int(0...input.count - 1)] = .nan }
    let seen = windows(axes, plane: input)
    var values = [Double](repeating: 0, count: seen.count + 1)
    var indices = [Int64](repeating: 0, count: seen.count + 1)
    windowMaxima(
      Maximum<Double>.self, axes: axes,
      indexStrides: [axes[1].input * axes[2].input, axes[2].input, 1], from: input, to: &values,
      indices: &indices)
    for (window, (value, index)) in zip(seen, zip(values, indices)) {
      let firstNaN = window.values.firstIndex(where: \.isNaN)
      let largest = window.values.max()
      let place = firstNaN ?? largest.flatMap { window.values.firstIndex(of: $0) }
      #expect(Int(index) == place.map { window.offsets[$0] } ?? -1)
      #expect(same([value], [place.map { window.values[$0] } ?? -.infinity]))
    }
  }

  @Test func integersStartFromTheirLeast() {
    let axes = [WindowAxis(input: 4, output: 3, kernel: 3, stride: 1, dilation: 1, padding: 1)]
    var found = [Int8](repeating: 0, count: 3)
    reduceWindows(
      Maximum<Int8>.self, planes: 1, axes: axes, from: [-128, -127, -5, 3], to: &found,
      team: ThreadTeam(threadCount: 1))
    #expect(found == [-127, -5, 3])
  }

  @Test(arguments: [0, 1, 7, 8, 100, 1003])
  func planesAreAveraged(count: Int) {
    let input = (0..<3 * max(count, 1)).map { Double($0 % 17) }
    var found = [Double](repeating: 0, count: 3)
    averagePlanes(
      planes: 3, count: count, from: input, to: &found, team: ThreadTeam(threadCount: 2))
    let expected = (0..<3).map { input[$0 * count..<($0 + 1) * count].reduce(0, +) / Double(count) }
    #expect(same(found, expected))
  }

  private func same(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  }
}
