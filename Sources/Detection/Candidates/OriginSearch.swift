import BoxMath

/// Finds which of the rows a plugin should have made a row is, whatever their order.
///
/// Rows that agree with a cell take it first, the closest pairs before the others; what is left is
/// known again by its box alone, or by its score.
struct OriginSearch {
  private let expected: [Candidate]
  private let tolerance: DetectionTolerance
  // Sorted when they are first needed: rows in the order expected are known without.
  private lazy var byScore = sorted { $0.score }
  private lazy var byLeft = sorted { $0.boxInNetworkPixels.x1 }
  /// Those whose box begins nowhere.
  private lazy var withoutLeft = expected.indices.filter {
    expected[$0].boxInNetworkPixels.x1.isNaN
  }

  /// Rows looked at for one match: more are alike only where nothing can tell them apart.
  private static let searchLimit = 4096

  private init(_ expected: [Candidate], tolerance: DetectionTolerance) {
    self.expected = expected
    self.tolerance = tolerance
  }

  /// The expected rows that have the key, by it.
  private func sorted(by key: (Candidate) -> Float) -> [Int] {
    expected.indices.filter { !key(expected[$0]).isNaN }
      .sorted { key(expected[$0]) < key(expected[$1]) }
  }

  /// For each row its place among those expected; `nil` for a row that none of them explains.
  ///
  /// - Parameter expected: the rows as they should be, in the order the plugin makes them here.
  static func places(
    of rows: [Candidate], among expected: [Candidate], tolerance: DetectionTolerance
  ) -> [Int?] {
    var search = OriginSearch(expected, tolerance: tolerance)
    return search.places(of: rows)
  }

  private mutating func places(of rows: [Candidate]) -> [Int?] {
    var matches = Matches(rowCount: rows.count, expectedCount: expected.count)
    let isComplete = rows.count == expected.count
    for row in rows.indices where isComplete && isSame(rows[row], expected[row]) {
      matches.add(row, row)
    }
    matches.addClosest { row in
      beside(rows[row]).compactMap { place in
        let (box, score) = (boxRatio(rows[row], place), scoreRatio(rows[row], place))
        return box <= 1 && score <= 1 ? (place, max(box, score)) : nil
      }
    }
    matches.addClosest { row in
      beside(rows[row]).compactMap { place in
        let box = boxRatio(rows[row], place)
        return box <= 1 ? (place, box) : nil
      }
    }
    for row in rows.indices where isComplete && matches.isOpen(row) {
      if !matches.isTaken[row], scoreRatio(rows[row], row) <= 1 { matches.add(row, row) }
    }
    matches.addClosest { row in
      near(rows[row]).compactMap { place in
        guard rows[row].classIndex == expected[place].classIndex else { return nil }
        let box = boxRatio(rows[row], place)
        return (place, box.isNaN ? .infinity : box)
      }
    }
    return matches.expectedOfRow
  }

  private struct Matches {
    private(set) var expectedOfRow: [Int?]
    private(set) var isTaken: [Bool]

    init(rowCount: Int, expectedCount: Int) {
      expectedOfRow = Array(repeating: nil, count: rowCount)
      isTaken = Array(repeating: false, count: expectedCount)
    }

    func isOpen(_ row: Int) -> Bool { expectedOfRow[row] == nil }

    mutating func add(_ row: Int, _ expected: Int) {
      expectedOfRow[row] = expected
      isTaken[expected] = true
    }

    /// Pairs open rows with what they may come from, the closest first.
    ///
    /// - Parameter choices: for a row, places and how far away they are.
    mutating func addClosest(_ choices: (Int) -> [(place: Int, distance: Float)]) {
      var pairs: [(distance: Float, shift: Int, row: Int, place: Int)] = []
      for row in expectedOfRow.indices where isOpen(row) {
        for (place, distance) in choices(row) where !isTaken[place] {
          pairs.append((distance, abs(row - place), row, place))
        }
      }
      pairs.sort {
        ($0.distance, $0.shift, $0.row, $0.place) < ($1.distance, $1.shift, $1.row, $1.place)
      }
      for pair in pairs where isOpen(pair.row) && !isTaken[pair.place] { add(pair.row, pair.place) }
    }
  }

  /// The expected rows with about the score of a row.
  private mutating func near(_ row: Candidate) -> ArraySlice<Int> {
    window(byScore, around: row.score, tolerance.score) { expected[$0].score }
  }

  /// The expected rows that begin about where a row's box begins.
  private mutating func beside(_ row: Candidate) -> ArraySlice<Int> {
    let box = row.boxInNetworkPixels
    if box.x1.isNaN { return withoutLeft.prefix(Self.searchLimit) }
    // An expected box of another size may be allowed more than the row's own is.
    return window(byLeft, around: box.x1, 2 * tolerance.allowed(for: box)) {
      expected[$0].boxInNetworkPixels.x1
    }
  }

  private func window(
    _ sorted: [Int], around value: Float, _ room: Float, key: (Int) -> Float
  ) -> ArraySlice<Int> {
    guard value.isFinite else { return [] }
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if key(sorted[middle]) < value - room { low = middle + 1 } else { high = middle }
    }
    return sorted[low...].prefix(Self.searchLimit).prefix { key($0) <= value + room }
  }

  /// Whether all numbers are equal, or not a number on both sides.
  private func isSame(_ a: Candidate, _ b: Candidate) -> Bool {
    func same(_ x: Float, _ y: Float) -> Bool { x == y || (x.isNaN && y.isNaN) }
    return same(a.score, b.score)
      && (0..<4).allSatisfy {
        same(a.boxInNetworkPixels.corners[$0], b.boxInNetworkPixels.corners[$0])
      }
  }

  /// How far a row's box is from an expected one, in what is allowed.
  private func boxRatio(_ row: Candidate, _ place: Int) -> Float {
    let box = expected[place].boxInNetworkPixels
    let allowed = tolerance.allowed(for: box)
    var largest: Float = 0
    for axis in 0..<4 {
      let ratio = row.boxInNetworkPixels.corners[axis].distance(from: box.corners[axis])
        .inTolerances(of: allowed)
      if !(ratio <= largest) { largest = ratio }
      if largest.isNaN { break }
    }
    return largest
  }

  private func scoreRatio(_ row: Candidate, _ place: Int) -> Float {
    row.score.distance(from: expected[place].score).inTolerances(of: tolerance.score)
  }
}

extension Float {
  /// 0 also between what is no number on both sides, and between equal infinities.
  fileprivate func distance(from other: Float) -> Float {
    self == other || (isNaN && other.isNaN) ? 0 : abs(self - other)
  }
}
