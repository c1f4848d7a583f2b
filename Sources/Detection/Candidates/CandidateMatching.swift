import BoxMath

/// The candidates of two graphs, brought together by the cells they come from.
package struct CandidateMatching: Sendable {
  package private(set) var comparison = CandidateComparison()
  /// Cells whose candidates agree, or differ only by what rounding or definition allows.
  private(set) var explainedCells: Set<Int> = []
  /// The cells of the findings of each kind, all of them.
  package private(set) var cells: [CandidateComparison.Finding.Kind: Set<Int>] = [:]
  /// Candidates that fail the verdict and whose cell is not known.
  package private(set) var differentElsewhere = 0

  private let original: CandidateSet
  private let patched: CandidateSet
  private let rule: CandidateRule
  private let tolerance: DetectionTolerance
  private let nonFinite: NonFiniteRule
  private let judgesLimits: Bool

  /// - Parameters:
  ///   - rule: by which both sides' candidates were found.
  ///   - judgesLimits: whether detections that are lost to a limit count.
  package init(
    original: CandidateSet, patched: CandidateSet, rule: CandidateRule,
    tolerance: DetectionTolerance, nonFinite: NonFiniteRule = .differs, judgesLimits: Bool = true
  ) {
    self.judgesLimits = judgesLimits
    self.original = original
    self.patched = patched
    self.rule = rule
    self.tolerance = tolerance
    self.nonFinite = nonFinite
    comparison.original = original.candidates.count
    comparison.patched = patched.candidates.count
    var left = original.candidates[...]
    var right = patched.candidates[...]
    while let a = left.first, let b = right.first {
      // A candidate of an unknown cell stands last, and matches none.
      let (cellA, cellB) = (a.cell ?? .max, b.cell ?? .max)
      if cellA == cellB, a.cell != nil {
        match(left.removeFirst(), right.removeFirst(), cell: cellA)
      } else if cellA <= cellB {
        alone(left.removeFirst(), side: .original)
      } else {
        alone(right.removeFirst(), side: .patched)
      }
    }
    for candidate in left { alone(candidate, side: .original) }
    for candidate in right { alone(candidate, side: .patched) }
    comparison.sortFindings()
  }

  /// Whether the candidates of a detection's cell agree, or differ only as is allowed.
  func explains(_ detection: DetectedObject) -> Bool {
    if !judgesLimits, let limit = [original, patched].compactMap(\.rowLimit).max(),
      detection.score <= limit + tolerance.score
    {
      return true
    }
    guard let cell = detection.cell,
      let number = (original.cells ?? patched.cells)?.layout.number(of: cell)
    else { return false }
    return explainedCells.contains(number)
  }

  private enum Side { case original, patched }

  private func set(_ side: Side) -> CandidateSet { side == .original ? original : patched }

  // MARK: On both sides

  private mutating func match(_ a: Candidate, _ b: Candidate, cell: Int) {
    comparison.matched += 1
    let boxError = nonFinite.distance(a.boxInNetworkPixels, b.boxInNetworkPixels)
    var scoreError = nonFinite.distance(a.score, b.score)
    // Where all probabilities are NaN, the score without a class is 0 by the plugin's definition.
    if nonFinite == .mayBeShared, isSpecified(a, b) { scoreError = 0 }
    var kinds: [CandidateComparison.Finding.Kind] = []
    var also: [CandidateComparison.Finding.Kind] = []
    let isComparable =
      nonFinite == .differs
      ? a.isFinite && b.isFinite : boxError.isFinite && scoreError.isFinite
    if isComparable {
      comparison.maxBoxErrorPx = max(comparison.maxBoxErrorPx, boxError)
      comparison.maxScoreError = max(comparison.maxScoreError, scoreError)
      if isOnThreshold(cell) { kinds.append(.specified) }
      if a.classIndex != b.classIndex { kinds.append(kindOfMismatch(a, b, cell)) }
      also = Self.changes(a, b, boxError, scoreError, tolerance)
      if let first = also.first { kinds.append(first) }
    } else {
      kinds = [.nonFinite]
    }
    for kind in kinds { record(kind, a, b, boxError, also: also.filter { $0 != kind }) }
    if kinds.allSatisfy(\.isAllowed) { explainedCells.insert(cell) }
  }

  /// What is further apart than allowed of centre, size and score, the most pixels first.
  private static func changes(
    _ a: Candidate, _ b: Candidate, _ boxError: Float, _ scoreError: Float,
    _ tolerance: DetectionTolerance
  ) -> [CandidateComparison.Finding.Kind] {
    let allowed = Double(tolerance.allowed(for: a.boxInNetworkPixels))
    var changes: [CandidateComparison.Finding.Kind] = []
    if Double(boxError) > allowed {
      let apart =
        a.boxInNetworkPixels.centerAndSize - b.boxInNetworkPixels.centerAndSize
      let center = max(abs(apart.x), abs(apart.y))
      let size = max(abs(apart.z), abs(apart.w))
      let moved = center > allowed || center >= size
      let resized = size > allowed || size > center
      changes = (moved ? [.moved] : []) + (resized ? [.resized] : [])
      if size > center { changes.reverse() }
    }
    return changes + (scoreError > tolerance.score ? [.rescored] : [])
  }

  private func kindOfMismatch(
    _ a: Candidate, _ b: Candidate, _ cell: Int
  ) -> CandidateComparison.Finding.Kind {
    if isSpecified(a, b) { return .specified }
    return areClose(a.classIndex, b.classIndex, cell) ? .ambiguous : .reclassified
  }

  /// Whether only one side is the plugin, which keeps what is exactly on the threshold, and the
  /// cell's objectness is.
  private func isOnThreshold(_ cell: Int) -> Bool {
    original.isPlugin != patched.isPlugin
      && (rule.measure(cell, in: original.cells) == rule.threshold
        || rule.measure(cell, in: patched.cells) == rule.threshold)
  }

  /// Whether the plugin found no class above 0, where the other side takes the first.
  private func isSpecified(_ a: Candidate, _ b: Candidate) -> Bool {
    func applies(plugin: Candidate, other: Candidate, _ set: CandidateSet) -> Bool {
      guard plugin.classIndex == -1 else { return false }
      guard let cell = other.cell, let cells = set.cells, cells.knows(cell) else {
        return other.score == 0
      }
      return cells.classScores(of: cell).allSatisfy { $0 == 0 || $0.isNaN }
    }
    if original.isPlugin == patched.isPlugin { return false }
    return original.isPlugin
      ? applies(plugin: a, other: b, patched) : applies(plugin: b, other: a, original)
  }

  /// Whether two classes of a cell are so close that rounding may decide between them.
  private func areClose(_ a: Int, _ b: Int, _ cell: Int) -> Bool {
    let known = [original, patched].compactMap { $0.cells?.withAllClasses }
      .filter { $0.knows(cell) }
    return !known.isEmpty
      && known.allSatisfy { cells in
        guard (-1..<cells.classCount).contains(a), (-1..<cells.classCount).contains(b) else {
          return false
        }
        let scores = [0] + cells.classScores(of: cell)
        return abs(scores[a + 1] - scores[b + 1]) <= tolerance.score
      }
  }

  // MARK: On one side

  private mutating func alone(_ candidate: Candidate, side: Side) {
    let (a, b) = side == .original ? (candidate, nil) : (nil, candidate)
    let kind = kindOfLone(candidate, side)
    record(kind, a, b, nil)
    let isSound = candidate.isFinite || nonFinite == .mayBeShared
    if !isSound { record(.nonFinite, a, b, nil) }
    let isLost = judgesLimits && isBeyondLimit(candidate, side)
    if kind.isAllowed, isSound, !isLost, let cell = candidate.cell {
      explainedCells.insert(cell)
    }
  }

  private func kindOfLone(
    _ candidate: Candidate, _ side: Side
  ) -> CandidateComparison.Finding.Kind {
    let other: Side = side == .original ? .patched : .original
    let unexplained: CandidateComparison.Finding.Kind = side == .original ? .missing : .extra
    if isBeyondLimit(candidate, side) { return .ambiguous }
    guard let cell = candidate.cell else { return unexplained }
    let here = rule.measure(cell, in: set(side).cells)
    if set(side).isPlugin, !set(other).isPlugin, here?.isNaN == true { return .specified }
    // Of a side that does not know its cells, nothing speaks against it.
    let known = [here, rule.measure(cell, in: set(other).cells)].compactMap { $0 }
    let isClose = known.allSatisfy { abs($0 - rule.threshold) <= tolerance.score }
    return !known.isEmpty && isClose ? .ambiguous : unexplained
  }

  /// Whether the other side keeps no more rows than it has given, all of them as good at least.
  private func isBeyondLimit(_ candidate: Candidate, _ side: Side) -> Bool {
    let other: Side = side == .original ? .patched : .original
    return set(other).rowLimit.map { candidate.score <= $0 + tolerance.score } ?? false
  }

  private mutating func record(
    _ kind: CandidateComparison.Finding.Kind, _ a: Candidate?, _ b: Candidate?, _ boxError: Float?,
    also: [CandidateComparison.Finding.Kind] = []
  ) {
    let layout = (original.cells ?? patched.cells)?.layout
    let cell = (a ?? b)?.cell
    if let cell {
      cells[kind, default: []].insert(cell)
    } else if !kind.isAllowed {
      differentElsewhere += 1
    }
    comparison.add(
      CandidateComparison.Finding(
        kind: kind, also: also, cell: cell.flatMap { cell in layout.map { $0[cell] } },
        row: b?.row ?? a?.row, original: a.map { .init($0) }, patched: b.map { .init($0) },
        boxErrorPx: boxError))
  }
}
