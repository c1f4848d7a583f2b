import Detection
import Foundation
import Kernels
import Tensors
import Testing
import Verification

/// The made-up head maps by themselves.
struct StressCasesTests {
  static let layout = CellLayout([
    (anchors: 3, rows: 80, columns: 80), (anchors: 3, rows: 40, columns: 40),
    (anchors: 3, rows: 20, columns: 20),
  ])
  static let thresholds: [Float] = [0.25, 0.5]

  private func cases(classes: Int = 80, seed: UInt64 = 0) -> StressCases {
    StressCases(
      layout: Self.layout, classCount: classes, thresholds: Self.thresholds, seed: seed)
  }

  /// The channels of every cell of one anchor, cell by cell.
  private func cells(_ map: Tensor, anchor: Int, channels: Int) -> [[Float]] {
    let size = map.shape[2] * map.shape[3]
    return map.withElements(of: Float.self) { values in
      (0..<size).map { place in
        (0..<channels).map { values[(anchor * channels + $0) * size + place] }
      }
    }
  }

  /// The first class with the largest probability, when that is above 0.
  private func bestClass(of cell: [Float]) -> Int? {
    let classes = cell[5...].map { $0.isNaN ? 0 : $0 }
    let top = classes.max()!
    return top > 0 ? classes.firstIndex(of: top) : nil
  }

  @Test func onePassHoldsEveryCaseOnEveryAnchor() {
    for map in cases().sigmoids(passes: 0..<1) {
      for anchor in 0..<3 {
        let cells = cells(map, anchor: anchor, channels: 85)
        let likely = cells.filter { $0[4] > 0.5 }
        #expect(Set(likely.compactMap { bestClass(of: $0) }) == Set(0..<80))
        for threshold in Self.thresholds {
          let room = 4 * threshold.ulp
          #expect(cells.contains { $0[4] == threshold })
          #expect(cells.contains { $0[4] < threshold && $0[4] >= threshold - room })
          #expect(cells.contains { $0[4] > threshold && $0[4] <= threshold + room })
        }
        for channel in 0..<85 {
          let values = cells.map { $0[channel] }.filter { !$0.isNaN }.sorted()
          #expect(values.first == 0 && values.last == 1)
          #expect(zip(values, values.dropFirst()).allSatisfy { $1 - $0 < 1.0 / 31 })
          #expect(channel > 5 && channel < 84 || cells.contains { $0[channel].isNaN })
        }
        #expect(likely.contains { $0[5...].contains { $0 > 0 && $0 < .leastNormalMagnitude } })
        #expect(likely.contains { $0[5...].allSatisfy { $0 == 0 } })
        #expect(likely.contains { $0[5...].allSatisfy(\.isNaN) })
        #expect(
          likely.contains { cell in
            let top = bestClass(of: cell).map { cell[5 + $0] }
            return cell[5...].count { $0 == top } == 2
          })
      }
    }
  }

  @Test func smallMapsGoThroughAllKindsInSeveralPasses() {
    let layout = CellLayout([(anchors: 1, rows: 2, columns: 3)])
    let cases = StressCases(layout: layout, classCount: 4, thresholds: [0.25])
    // Every other cell has a kind, one after the other.
    let map = cases.sigmoids(passes: 0..<(2 * cases.kindCount + 5) / 6)[0]
    var seen = (threshold: false, best: Set<Int>(), corners: Set<[Float]>())
    for pass in 0..<map.shape[0] {
      let size = 9 * 6
      let plane = map.withElements(of: Float.self) { Array($0[pass * size..<(pass + 1) * size]) }
      for place in 0..<6 {
        let cell = (0..<9).map { plane[$0 * 6 + place] }
        if cell[4] == 0.25 { seen.threshold = true }
        if cell[4] > 0.5, let best = bestClass(of: cell) { seen.best.insert(best) }
      }
      seen.corners.insert((0..<9).map { plane[$0 * 6] })
    }
    #expect(seen.threshold)
    #expect(seen.best == Set(0..<4))
    #expect(seen.corners.count > 8)
  }

  @Test func seedPassAndThreadsDecideTheBits() {
    func bits(_ maps: [Tensor]) -> [[UInt32]] {
      maps.map { $0.elements(of: Float.self).map(\.bitPattern) }
    }
    let first = bits(cases(classes: 3).logits(passes: 0..<2))
    #expect(first == bits(cases(classes: 3).logits(passes: 0..<2, on: ThreadTeam(threadCount: 3))))
    #expect(first != bits(cases(classes: 3, seed: 1).logits(passes: 0..<2)))
    let second = bits(cases(classes: 3).logits(passes: 1..<2))
    for (both, alone) in zip(first, second) {
      #expect(Array(both[alone.count...]) == alone)
      #expect(Array(both[..<alone.count]) != alone)
    }
  }

  @Test(arguments: [Float(0.25), 0.5, 0.3, 0.9, 0.999, 1e-30])
  func logitsLieAroundTheThreshold(_ threshold: Float) throws {
    let logits = ThresholdLogits(threshold)
    func sigmoid(_ logit: Float) -> Float {
      Tensor(Float.self, shape: [1]) { output in
        [logit].withUnsafeBufferPointer { Activations.sigmoid($0, into: output) }
      }.elements()[0]
    }
    let below = try #require(logits.below)
    let above = try #require(logits.above)
    #expect(sigmoid(below) < threshold && sigmoid(above) > threshold)
    if let at = logits.at { #expect(sigmoid(at) == threshold) }
    // No logit near by comes nearer.
    for direction in [Float(-1), 1] {
      var logit = below
      for _ in 0..<400 {
        logit = direction < 0 ? logit.nextDown : logit.nextUp
        let found = sigmoid(logit)
        #expect(
          found <= sigmoid(below) || found == logits.at.map(sigmoid) || found >= sigmoid(above))
      }
    }
    #expect(logits.at != nil || threshold < 0.25)
  }

  @Test func thresholdsAtTheEndsHaveOneSide() {
    #expect(ThresholdLogits(0).below == nil && ThresholdLogits(0).at != nil)
    #expect(ThresholdLogits(1).above == nil && ThresholdLogits(1).at != nil)
    #expect(ThresholdLogits(2).all == [.greatestFiniteMagnitude])
  }
}
