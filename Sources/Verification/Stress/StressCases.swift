import Detection
import Kernels
import Tensors

/// Made-up head maps that hold what no photograph would: a case is a cell.
///
/// Most cells are random, evenly distributed between 0 and 1 after the sigmoid, but for the
/// objectness, which makes few of them candidates. Every so many cells, at most every other, one goes
/// through the kinds of ``StressKind``, on each scale and anchor for itself, and on with the next
/// pass. The same arguments give the same bits.
package struct StressCases: Sendable {
  package let layout: CellLayout
  package let classCount: Int
  /// Channels of an anchor: box, objectness, classes and what else stands behind them.
  package let channels: Int
  package let seed: UInt64
  private let kinds: [StressKind]

  /// How many cells of an anchor it takes to show every kind of case.
  package var kindCount: Int { kinds.count }

  /// - Parameters:
  ///   - layout: the cells of the head maps, finest scale first.
  ///   - channels: of each anchor; those of box, objectness and classes when left out.
  ///   - thresholds: what objectness is compared with.
  package init(
    layout: CellLayout, classCount: Int, channels: Int? = nil, thresholds: [Float],
    seed: UInt64 = 0
  ) {
    self.layout = layout
    self.classCount = classCount
    self.channels = channels ?? 5 + classCount
    self.seed = seed
    kinds = StressKind.all(classCount: classCount, thresholds: thresholds)
    precondition(classCount > 0 && self.channels >= 5 + classCount)
  }

  /// Head maps of logits, finest first, `[N, a*channels, H, W]`, where N is the number of passes.
  package func logits(
    passes: Range<Int>, on team: ThreadTeam = ThreadTeam(threadCount: 1)
  ) -> [Tensor] {
    layout.scales.indices.map { scale in
      let grid = layout.scales[scale]
      let planeSize = channels * grid.cellsPerAnchor
      return Tensor(
        Float.self,
        shape: [passes.count, grid.anchors * channels, grid.rows, grid.columns]
      ) { values in
        nonisolated(unsafe) let values = values
        team.forEachIndex(passes.count * grid.anchors) { index in
          let (pass, anchor) = index.quotientAndRemainder(dividingBy: grid.anchors)
          var plane = StressPlane(
            values: UnsafeMutableBufferPointer(
              rebasing: values[index * planeSize..<(index + 1) * planeSize]),
            cellCount: grid.cellsPerAnchor, classCount: classCount,
            numbers: StressNumbers([seed, UInt64(scale), UInt64(anchor)]))
          plane.fill(kinds, pass: passes.lowerBound + pass)
        }
      }
    }
  }

  /// The same maps after the sigmoid.
  package func sigmoids(
    passes: Range<Int>, on team: ThreadTeam = ThreadTeam(threadCount: 1)
  ) -> [Tensor] {
    logits(passes: passes, on: team).map { map in
      Tensor(Float.self, shape: map.shape) { values in
        map.withElements(of: Float.self) { Activations.sigmoid($0, into: values) }
      }
    }
  }
}

/// The cells of one anchor while they are made: `[channels, H*W]`.
private struct StressPlane {
  let values: UnsafeMutableBufferPointer<Float>
  let cellCount: Int
  let classCount: Int
  var numbers: StressNumbers

  mutating func fill(_ kinds: [StressKind], pass: Int) {
    let start = numbers.below(kinds.count)
    numbers = StressNumbers([numbers.next(), UInt64(pass)])
    fillRandomly()
    // Corners and edges get other kinds in each pass.
    let rotation = numbers.below(cellCount)
    let spacing = max(2, cellCount / (2 * kinds.count))
    let levels = StressLevels.even
    for place in 0..<cellCount {
      let slot = pass &* cellCount &+ (place + rotation) % cellCount
      if slot % spacing == 0 {
        write(kinds[(slot / spacing + start) % kinds.count], at: place)
      } else if slot % 8 != 1 {
        set(4, levels[numbers.below(StressLevels.count / 4)], at: place)
      }
    }
  }

  private mutating func fillRandomly() {
    // Four values of each number, from its low bits up.
    var numbers = numbers
    StressLevels.even.withUnsafeBufferPointer { levels in
      func level(_ number: UInt64, _ place: UInt64) -> Float {
        levels[Int(truncatingIfNeeded: number >> (16 &* place)) & (StressLevels.count - 1)]
      }
      let whole = values.count & ~3
      for index in stride(from: 0, to: whole, by: 4) {
        let number = numbers.next()
        values[index] = level(number, 0)
        values[index + 1] = level(number, 1)
        values[index + 2] = level(number, 2)
        values[index + 3] = level(number, 3)
      }
      if whole < values.count {
        let number = numbers.next()
        for index in whole..<values.count { values[index] = level(number, UInt64(index - whole)) }
      }
    }
    self.numbers = numbers
  }

  private mutating func write(_ kind: StressKind, at place: Int) {
    switch kind {
    case .level(let level): setAll(at: place) { _ in level }
    case .bestClass(let best):
      set(4, StressLevels.likely, at: place)
      set(5 + best, StressLevels.best, at: place)
    case .tie(let first, let second):
      set(4, StressLevels.likely, at: place)
      set(5 + first, StressLevels.best, at: place)
      set(5 + second, StressLevels.best, at: place)
    case .objectness(let logit):
      set(4, logit, at: place)
      set(5 + numbers.below(classCount), StressLevels.best, at: place)
    case .noClass:
      set(4, StressLevels.likely, at: place)
      for index in 0..<classCount { set(5 + index, StressLevels.lowest, at: place) }
    case .saturated:
      setAll(at: place) { numbers in StressLevels.saturated.element(of: &numbers) }
    case .denormal:
      setAll(at: place) { numbers in StressLevels.denormal.element(of: &numbers) }
      set(4, StressLevels.likely, at: place)
    case .zeros(let zero): setAll(at: place) { _ in zero }
    case .nan(let channel):
      set(4, StressLevels.likely, at: place)
      set(5 + numbers.below(classCount), StressLevels.best, at: place)
      set(channel, .nan, at: place)
    case .nanClass(let index):
      set(4, StressLevels.likely, at: place)
      for index in index.map({ $0...$0 }) ?? 0...classCount - 1 {
        set(5 + index, .nan, at: place)
      }
    }
  }

  private func set(_ channel: Int, _ value: Float, at place: Int) {
    values[channel * cellCount + place] = value
  }

  private mutating func setAll(at place: Int, _ value: (inout StressNumbers) -> Float) {
    for channel in 0..<values.count / cellCount { set(channel, value(&numbers), at: place) }
  }
}

/// Seeded random numbers.
struct StressNumbers: Sendable {
  private var numbers: SplitMix64

  init(_ keys: [UInt64]) {
    var state: UInt64 = 0
    for key in keys {
      var mixed = SplitMix64(seed: state ^ key)
      state = mixed.next()
    }
    numbers = SplitMix64(seed: state)
  }

  mutating func next() -> UInt64 { numbers.next() }

  /// A number from 0 to `limit` less one.
  mutating func below(_ limit: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(limit)).high)
  }
}

extension [Float] {
  fileprivate func element(of numbers: inout StressNumbers) -> Float { self[numbers.below(count)] }
}
