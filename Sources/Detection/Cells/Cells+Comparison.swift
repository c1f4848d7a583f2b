import BoxMath
import Kernels

extension Cells {
  /// Compares every cell's box, objectness and class probabilities with the other graph's.
  ///
  /// Where one side has products of objectness and class, so are the other side's compared. Cells
  /// that one side does not know are passed over.
  ///
  /// Where NaN may be shared, a box is taken as a whole: two boxes that are not finite are not
  /// apart, whichever of their corners it shows in.
  ///
  /// - Precondition: ``incomparability(with:)`` is `nil`.
  package func compare(
    with other: Cells, tolerance: DetectionTolerance, nonFinite: NonFiniteRule = .differs,
    on team: ThreadTeam = ThreadTeam(threadCount: 1)
  ) -> CellComparison {
    precondition(incomparability(with: other) == nil)
    if labels != nil || other.labels != nil {
      let (left, right) = (best(), other.best())
      var found = left.compareScores(
        with: right, tolerance: tolerance, nonFinite: nonFinite, on: team)
      found.addClasses(left, right, tolerance)
      return found
    }
    return compareScores(with: other, tolerance: tolerance, nonFinite: nonFinite, on: team)
  }

  private func compareScores(
    with other: Cells, tolerance: DetectionTolerance, nonFinite: NonFiniteRule,
    on team: ThreadTeam
  ) -> CellComparison {
    withReader { left in
      other.withReader { right in
        let stretches =
          knownCells == nil
          ? right.stretches : left.stretches.filter { other.knows($0.firstCell) }
        let chunk = CellComparer.stretchesPerTask
        var comparers = [CellComparer](
          repeating: CellComparer(
            left: left, right: right, tolerance: tolerance, rule: nonFinite),
          count: (stretches.count + chunk - 1) / chunk)
        comparers.withUnsafeMutableBufferPointer { comparers in
          nonisolated(unsafe) let comparers = comparers
          team.forEachChunk(of: stretches.count, chunk: chunk) { range in
            comparers[range.lowerBound / chunk].compare(stretches[range])
          }
        }
        var comparer = CellComparer(left: left, right: right, tolerance: tolerance, rule: nonFinite)
        for part in comparers { comparer.add(part) }
        return comparer.result()
      }
    }
  }
}

private struct CellComparer {
  let left: CellReader
  let right: CellReader
  let tolerance: DetectionTolerance
  let rule: NonFiniteRule
  private var leftBlock: CellBlock
  private var rightBlock: CellBlock
  private var comparison = CellComparison()
  private var worstCell: Int?
  /// How many tolerances the worst cell is apart; infinite for one that is not finite.
  private var worstRatio: Float = 0

  init(
    left: CellReader, right: CellReader, tolerance: DetectionTolerance, rule: NonFiniteRule
  ) {
    self.left = left
    self.right = right
    self.tolerance = tolerance
    self.rule = rule
    leftBlock = CellBlock(classCount: left.classCount)
    rightBlock = CellBlock(classCount: right.classCount)
  }

  /// How many a thread takes at a time; fixed, so that findings do not depend on threads.
  static let stretchesPerTask = 16

  mutating func compare(_ stretches: ArraySlice<CellStretch>) {
    for stretch in stretches { compare(stretch) }
  }

  /// Adds what was found in cells that come after these.
  mutating func add(_ other: CellComparer) {
    let found = other.comparison
    comparison.compared += found.compared
    comparison.different += found.different
    comparison.nonFinite += found.nonFinite
    comparison.differentCells += found.differentCells
    comparison.maxBoxErrorPx = max(comparison.maxBoxErrorPx, found.maxBoxErrorPx)
    comparison.maxScoreError = max(comparison.maxScoreError, found.maxScoreError)
    if other.worstRatio > worstRatio {
      (worstRatio, worstCell) = (other.worstRatio, other.worstCell)
    }
  }

  private mutating func compare(_ stretch: CellStretch) {
    let isMixed = left.hasObjectness != right.hasObjectness
    let inPlace =
      isMixed ? (nil, nil) : (left.classesInPlace(stretch), right.classesInPlace(stretch))
    left.load(stretch, into: &leftBlock, withClasses: inPlace.0 == nil)
    right.load(stretch, into: &rightBlock, withClasses: inPlace.1 == nil)
    if isMixed {
      if left.hasObjectness { leftBlock.multiplyClasses() } else { rightBlock.multiplyClasses() }
    }
    var box = LaneErrors(rule)
    for axis in 0..<4 { box.add(leftBlock.corners[axis], rightBlock.corners[axis]) }
    if rule == .mayBeShared {
      box.clear(where: leftBlock.hasNonFiniteBox .& rightBlock.hasNonFiniteBox)
    }
    var score = LaneErrors(rule)
    if left.hasObjectness, right.hasObjectness {
      score.add(leftBlock.objectness, rightBlock.objectness)
    }
    leftBlock.withClasses { a in
      rightBlock.withClasses { b in score.add(inPlace.0 ?? a, inPlace.1 ?? b) }
    }
    comparison.compared += stretch.count
    record(box, score, stretch)
  }

  private mutating func record(_ box: LaneErrors, _ score: LaneErrors, _ stretch: CellStretch) {
    let nonFinite = box.isNonFinite .| score.isNonFinite
    let allowedPx = leftBlock.allowed(tolerance)
    let different =
      nonFinite .| (box.largest .> allowedPx) .| (score.largest .> tolerance.score)
    let isNotable =
      different .| (box.largest .> comparison.maxBoxErrorPx)
      .| (score.largest .> comparison.maxScoreError)
    guard any(isNotable) else { return }
    for lane in 0..<stretch.count where isNotable[lane] {
      if different[lane] {
        comparison.different += 1
        comparison.differentCells.append(stretch.firstCell + lane)
      }
      var ratio = Float.infinity
      if nonFinite[lane] {
        comparison.nonFinite += 1
      } else {
        let (boxError, scoreError) = (box.largest[lane], score.largest[lane])
        comparison.maxBoxErrorPx = max(comparison.maxBoxErrorPx, boxError)
        comparison.maxScoreError = max(comparison.maxScoreError, scoreError)
        ratio = max(
          boxError.inTolerances(of: allowedPx[lane]), scoreError.inTolerances(of: tolerance.score))
      }
      if ratio > worstRatio {
        worstRatio = ratio
        worstCell = stretch.firstCell + lane
      }
    }
  }

  func result() -> CellComparison {
    var comparison = comparison
    if let worstCell {
      comparison.worst = left.layout[worstCell]
      comparison.worstClass = worstClass(of: worstCell)
    }
    return comparison
  }

  /// The class that is furthest apart, unless the box or the objectness is further.
  private func worstClass(of cell: Int) -> Int? {
    let box = rule.distance(left.box(of: cell), right.box(of: cell))
    var worst = box.inTolerances(of: tolerance.allowed(for: left.box(of: cell)))
    if left.hasObjectness, right.hasObjectness {
      let objectness = rule.distance(left.objectness(of: cell), right.objectness(of: cell))
      worst = larger(worst, objectness.inTolerances(of: tolerance.score))
    }
    var worstClass: Int?
    for classIndex in 0..<left.classCount {
      let error = rule.distance(product(left, classIndex, cell), product(right, classIndex, cell))
      let ratio = error.inTolerances(of: tolerance.score)
      if !worst.isNaN, ratio.isNaN || ratio > worst {
        worst = ratio
        worstClass = classIndex
      }
    }
    return worstClass
  }

  private func product(_ reader: CellReader, _ classIndex: Int, _ cell: Int) -> Float {
    let score = reader.classScores(of: cell)[classIndex]
    let isMixed = left.hasObjectness != right.hasObjectness
    return isMixed && reader.hasObjectness ? score * reader.objectness(of: cell) : score
  }

  private func larger(_ a: Float, _ b: Float) -> Float {
    a.isNaN || b.isNaN ? .nan : max(a, b)
  }
}

/// For 16 cells, how far apart their numbers are.
private struct LaneErrors {
  /// The bits of the largest distance: those of floats that are not negative have the floats'
  /// order, with infinity and NaN above all numbers.
  private var bits = SIMD16<Int32>()
  private let rule: NonFiniteRule

  init(_ rule: NonFiniteRule) { self.rule = rule }

  mutating func add(_ a: SIMD16<Float>, _ b: SIMD16<Float>) {
    var distance = unsafeBitCast(a - b, to: SIMD16<Int32>.self) & 0x7fff_ffff
    if rule == .mayBeShared {
      distance.replace(with: 0, where: (a .== b) .| ((a .!= a) .& (b .!= b)))
    }
    bits.replace(with: distance, where: distance .> bits)
  }

  mutating func add(_ a: CellBlocks.Channels, _ b: CellBlocks.Channels) {
    CellBlocks.addDistances(a, b, mayShareNaN: rule == .mayBeShared, to: &bits)
  }

  mutating func clear(where mask: SIMDMask<SIMD16<Int32>>) { bits.replace(with: 0, where: mask) }

  var largest: SIMD16<Float> { unsafeBitCast(bits, to: SIMD16<Float>.self) }

  var isNonFinite: SIMDMask<SIMD16<Int32>> { bits .>= Self.infinity }

  private static let infinity = Int32(bitPattern: Float.infinity.bitPattern)
}

extension CellBlock {
  /// For each cell, how far a coordinate of its box may be away.
  fileprivate func allowed(_ tolerance: DetectionTolerance) -> SIMD16<Float> {
    let absolute = SIMD16<Float>(repeating: tolerance.boxPx)
    guard let relative = tolerance.boxRelative else { return absolute }
    let (width, height) = (corners[2] - corners[0], corners[3] - corners[1])
    var side = SIMD16<Float>()
    side.replace(with: width, where: (width .> side) .& (width .< .infinity))
    side.replace(with: height, where: (height .> side) .& (height .< .infinity))
    return absolute + relative * side
  }

  /// The lanes whose box has a coordinate that is not finite.
  fileprivate var hasNonFiniteBox: SIMDMask<SIMD16<Int32>> {
    // NaN and infinity less themselves are NaN.
    let rest = corners.map { $0 - $0 }.reduce(SIMD16(), +)
    return rest .!= rest
  }

  /// Makes the classes products with the objectness.
  mutating func multiplyClasses() {
    for classIndex in classes.indices { classes[classIndex] *= objectness }
  }
}

extension Float {
  /// A distance as a multiple of a tolerance, which may be 0.
  func inTolerances(of tolerance: Float) -> Float {
    self == 0 ? 0 : isNaN ? .nan : min(self / tolerance, .greatestFiniteMagnitude)
  }
}
