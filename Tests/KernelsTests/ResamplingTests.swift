import Kernels
import TestSupport
import Testing

@Suite("Resampling")
struct ResamplingTests {
  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func matchesTheSumOverAllTaps(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let dimensions = (0..<3).map { _ in generator.int(1...8) }
    let taps: [ResamplingTaps<Double>?] = dimensions.map { dimension in
      if generator.int(0...2) == 0 { return nil }
      let count = generator.int(1...4)
      let total = count * generator.int(1...9)
      return ResamplingTaps(
        count: count, indices: (0..<total).map { _ in Int32(generator.int(0...dimension - 1)) },
        weights: generator.numbers(total))
    }
    // Small integers: every order of summation is exact.
    let input = generator.numbers(dimensions.reduce(1, *))
    let expected = direct(dimensions, taps, input)
    for threads in [1, 2] {
      var found = [Double](repeating: .nan, count: expected.count)
      if taps.contains(where: { $0 != nil }) {
        resample(
          dimensions: dimensions, taps: taps, from: input, to: &found,
          team: ThreadTeam(threadCount: threads))
        #expect(found == expected)
      }
    }
  }

  private func direct(
    _ dimensions: [Int], _ taps: [ResamplingTaps<Double>?], _ input: [Double]
  ) -> [Double] {
    func weighted(_ axis: Int, _ position: Int) -> [(index: Int, weight: Double)] {
      guard let taps = taps[axis] else { return [(position, 1)] }
      return (position * taps.count..<(position + 1) * taps.count).map {
        (Int(taps.indices[$0]), taps.weights[$0])
      }
    }
    let outputs = zip(dimensions, taps).map { $1.map { $0.indices.count / $0.count } ?? $0 }
    var result: [Double] = []
    for i in 0..<outputs[0] {
      for j in 0..<outputs[1] {
        for k in 0..<outputs[2] {
          var sum = 0.0
          for a in weighted(0, i) {
            for b in weighted(1, j) {
              for c in weighted(2, k) {
                let offset = (a.index * dimensions[1] + b.index) * dimensions[2] + c.index
                sum += a.weight * b.weight * c.weight * input[offset]
              }
            }
          }
          result.append(sum)
        }
      }
    }
    return result
  }

  @Test func aWeightOfZeroKeepsInfinityOut() {
    let taps = ResamplingTaps(count: 2, indices: [0, 1], weights: [1 as Float, 0])
    for dimensions in [[2, 1], [2, 3]] {
      var found = [Float](repeating: 0, count: dimensions[1])
      let input: [Float] =
        Array(repeating: 5, count: dimensions[1])
        + Array(repeating: .infinity, count: dimensions[1])
      resample(
        dimensions: dimensions, taps: [taps, nil], from: input, to: &found,
        team: ThreadTeam(threadCount: 1))
      #expect(found.allSatisfy { $0 == 5 })
    }
  }
}
