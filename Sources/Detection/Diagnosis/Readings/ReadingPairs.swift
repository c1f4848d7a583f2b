import BoxMath

/// The same cells on two sides, as far as each side tells them: what a mistake in how boxes, scores
/// or labels are read is looked for in.
package struct ReadingPairs: Sendable {
  struct Pair: Sendable {
    /// Pixels of the network's input per cell, across and down; `nil` where there is no grid.
    let stride: SIMD2<Double>?
    /// The middle of the cell, in pixels.
    let center: SIMD2<Double>
    let scale: Int
    let original: Numbers
    let patched: Numbers
    /// Whether the two are further apart than allowed.
    let differs: Bool
  }

  /// What one side tells of a cell.
  struct Numbers: Sendable {
    /// x1, y1, x2, y2 in pixels, as they are read.
    let box: SIMD4<Double>
    let objectness: Double?
    /// Of all classes; empty where only the best is known.
    let classes: [Double]
    /// The best product and its class.
    let score: Double
    let label: Int
  }

  private(set) var pairs: [Pair]
  /// Whether they are of rows that were known again, some of them perhaps wrongly.
  private(set) var areRows = false
  let networkSize: SIMD2<Double>
  let tolerance: DetectionTolerance

  /// The rows that a plugin makes, and what is given out for them.
  package init(
    _ rows: [NMSPluginTail.RowPair], cells: Cells, networkWidth: Int, networkHeight: Int,
    tolerance: DetectionTolerance
  ) {
    networkSize = SIMD2(Double(networkWidth), Double(networkHeight))
    self.tolerance = tolerance
    areRows = true
    pairs = rows.prefix(Self.limit).map { row in
      let (a, b) = (Numbers(row.expected, cells), Numbers(row.given, cells))
      return Pair(
        stride: nil, center: SIMD2(), scale: 0, original: a, patched: b,
        differs: Self.differ(a, b, tolerance))
    }.filter(\.isFinite)
  }

  /// The row of the same class and score, or of the nearest score if that is the same, or of the class.
  private static func partner(
    of candidate: Candidate, among rows: [Candidate], _ tolerance: DetectionTolerance
  ) -> Candidate {
    func distance(_ row: Candidate) -> Float { abs(row.score - candidate.score) }
    let ofClass = rows.first { $0.classIndex == candidate.classIndex }
    if let ofClass, distance(ofClass) <= tolerance.score { return ofClass }
    let nearest = rows.min { distance($0) < distance($1) }!
    return distance(nearest) <= tolerance.score ? nearest : ofClass ?? rows[0]
  }

  private static func differ(_ a: Numbers, _ b: Numbers, _ tolerance: DetectionTolerance) -> Bool {
    let box = Box(
      x1: Float(a.box.x), y1: Float(a.box.y), x2: Float(a.box.z), y2: Float(a.box.w))
    return abs(a.box - b.box).max() > Double(tolerance.allowed(for: box))
      || abs(a.score - b.score) > Double(tolerance.score) || a.label != b.label
  }

  /// Pairs looked at, half of them different.
  private static let limit = 600

  /// - Parameters:
  ///   - networkSize: width and height of the network's input.
  ///   - different: the numbers of the cells that differ.
  package init(
    original: CandidateSet, patched: CandidateSet, cells: (original: Cells, patched: Cells),
    different: [Int], networkWidth: Int, networkHeight: Int, tolerance: DetectionTolerance
  ) {
    networkSize = SIMD2(Double(networkWidth), Double(networkHeight))
    self.tolerance = tolerance
    let layout = cells.original.layout
    pairs = []
    func add(_ cell: Int, _ a: Numbers, _ b: Numbers, differs: Bool, to pairs: inout [Pair]) {
      let place = layout[cell]
      let grid = layout.scales[place.scale]
      let stride =
        grid.columns > 1
        ? SIMD2(
          Double(networkWidth) / Double(grid.columns), Double(networkHeight) / Double(grid.rows))
        : nil
      let center = SIMD2(Double(place.column) + 0.5, Double(place.row) + 0.5) * (stride ?? SIMD2())
      pairs.append(
        Pair(
          stride: stride, center: center, scale: place.scale, original: a, patched: b,
          differs: differs))
    }
    let isDifferent = Set(different)
    let agreeing = (0..<layout.cellCount).filter { !isDifferent.contains($0) }
    for (numbers, differs) in [(different, true), (agreeing, false)] {
      let step = max(1, numbers.count / (Self.limit / 2))
      for place in stride(from: 0, to: numbers.count, by: step) {
        let cell = numbers[place]
        guard cells.original.knows(cell), cells.patched.knows(cell) else { continue }
        add(
          cell, Numbers(cells.original, cell), Numbers(cells.patched, cell), differs: differs,
          to: &pairs)
      }
    }
    if pairs.isEmpty {
      // One side tells rows alone: those known to be of a cell.
      areRows = true
      let others = Dictionary(grouping: patched.candidates.filter { $0.cell != nil }) { $0.cell! }
      for candidate in original.candidates.prefix(Self.limit) {
        guard let cell = candidate.cell, let rows = others[cell] else { continue }
        // A cell may have rows of several classes.
        let row = Self.partner(of: candidate, among: rows, tolerance)
        let a = Numbers(candidate, cells.original)
        let b = Numbers(row, cells.patched)
        add(cell, a, b, differs: Self.differ(a, b, tolerance), to: &pairs)
      }
    }
    pairs.removeAll { !$0.isFinite }
  }

  /// The pairs of one scale.
  func of(scale: Int) -> ReadingPairs {
    var part = self
    part.pairs.removeAll { $0.scale != scale }
    return part
  }

  /// Scales there are pairs of.
  var scales: [Int] { Set(pairs.map(\.scale)).sorted() }
}

extension ReadingPairs.Pair {
  fileprivate var isFinite: Bool {
    [original, patched].allSatisfy { numbers in
      (0..<4).allSatisfy { numbers.box[$0].isFinite } && numbers.score.isFinite
    }
  }
}

extension ReadingPairs.Numbers {
  init(_ cells: Cells, _ cell: Int) {
    let known = cells.known(cell)
    box = SIMD4(known.boxInNetworkPixels.corners)
    objectness = known.objectness.map(Double.init)
    let scores = known.classScores.map(Double.init)
    classes = cells.haveBestOnly ? [] : scores
    let best = cells.withReader { $0.bestClass(of: cell) }
    score = Double(best.probability) * (objectness ?? 1)
    label = best.index
  }

  /// - Parameter cells: where the row's cell may be known.
  init(_ row: Candidate, _ cells: Cells) {
    box = SIMD4(row.boxInNetworkPixels.corners)
    objectness = row.cell.flatMap { cells.knows($0) ? cells.known($0).objectness : nil }
      .map(Double.init)
    classes = []
    score = Double(row.score)
    label = row.classIndex
  }
}

func abs(_ vector: SIMD4<Double>) -> SIMD4<Double> {
  vector.replacing(with: -vector, where: vector .< 0)
}
