import BoxMath

/// Cells that differ from the original's in the same way.
package struct DifferenceGroup: Sendable, Equatable {
  /// What differs in a cell.
  package enum Part: String, Sendable, Codable, CaseIterable {
    case x, y, width, height, objectness, classes
    /// Of rows.
    case score
    case label = "class"
  }

  /// An anchor of a scale.
  package struct Place: Sendable, Hashable {
    package let scale: Int
    package let anchor: Int
  }

  package var places: [Place]
  package var cellCount: Int
  package var parts: [Part]
  /// The classes that differ, where not all do.
  package var classes: [Int]
  /// What the original's numbers are multiplied by, where one number does for all cells.
  package var ratio: Double?
  /// What is added to them, likewise.
  package var offsetPx: Double?
}

extension DifferenceGroup {
  /// The groups of all cells that differ, the largest first.
  package static func groups(
    original: Cells, patched: Cells, tolerance: DetectionTolerance
  ) -> [DifferenceGroup] {
    let products = [original, patched].contains { $0.scoring == .products }
    return groups(
      ObservedCells(original, products: products), ObservedCells(patched, products: products),
      tolerance)
  }

  /// The groups of all candidates of one cell that differ, the largest first.
  package static func groups(
    original: CandidateSet, patched: CandidateSet, layout: CellLayout, classCount: Int,
    tolerance: DetectionTolerance
  ) -> [DifferenceGroup] {
    func observed(_ set: CandidateSet) -> ObservedCells {
      ObservedCells(
        rows: set.candidates.compactMap { row in row.cell.map { (cell: $0, row: row) } },
        layout: layout, classCount: classCount)
    }
    return groups(observed(original), observed(patched), tolerance)
  }

  private static func groups(
    _ a: ObservedCells, _ b: ObservedCells, _ tolerance: DetectionTolerance
  ) -> [DifferenceGroup] {
    var tallies: [Place: Tally] = [:]
    var entryA = 0
    for (entryB, cell) in b.cells.enumerated() {
      while entryA < a.cells.count, a.cells[entryA] < cell { entryA += 1 }
      guard entryA < a.cells.count, a.cells[entryA] == cell else { continue }
      let difference = CellDifference(a, entryA, b, entryB, tolerance)
      guard !difference.parts.isEmpty else { continue }
      let place = a.layout[cell]
      tallies[Place(scale: place.scale, anchor: place.anchor), default: Tally()].add(difference)
    }
    return merged(tallies)
  }

  /// One group for all places that differ in the same way.
  private static func merged(_ tallies: [Place: Tally]) -> [DifferenceGroup] {
    var groups: [DifferenceGroup] = []
    let places = tallies.keys.sorted { ($0.scale, $0.anchor) < ($1.scale, $1.anchor) }
    for place in places {
      let group = tallies[place]!.group(at: place)
      if let known = groups.firstIndex(where: { $0.isLike(group) }) {
        groups[known].places.append(place)
        groups[known].cellCount += group.cellCount
      } else {
        groups.append(group)
      }
    }
    let order = groups.indices.sorted {
      (groups[$1].cellCount, $0) < (groups[$0].cellCount, $1)
    }
    return order.map { groups[$0] }
  }

  private func isLike(_ other: DifferenceGroup) -> Bool {
    func isSame(_ a: Double?, _ b: Double?) -> Bool {
      switch (a, b) {
      case (nil, nil): true
      case (let a?, let b?): abs(a - b) <= 1e-4 * max(abs(a), abs(b))
      default: false
      }
    }
    return parts == other.parts && classes == other.classes && isSame(ratio, other.ratio)
      && isSame(offsetPx, other.offsetPx)
  }
}

/// How one cell differs.
private struct CellDifference {
  var parts: Set<DifferenceGroup.Part> = []
  var classes: [Int] = []
  /// Original and patched numbers of x, y, width and height.
  let numbers: [(original: Double, patched: Double)]
  let allowed: Double

  init(
    _ a: ObservedCells, _ i: Int, _ b: ObservedCells, _ j: Int, _ tolerance: DetectionTolerance
  ) {
    allowed = Double(tolerance.allowed(for: a.boxes[i]))
    let (left, right) = (a.boxes[i].centerAndSize, b.boxes[j].centerAndSize)
    numbers = (0..<4).map { (left[$0], right[$0]) }
    if !(Double(a.boxes[i].largestDifference(from: b.boxes[j])) <= allowed) {
      let axes: [DifferenceGroup.Part] = [.x, .y, .width, .height]
      let errors = numbers.map { abs($0.original - $0.patched) }
      let worst = errors.max() ?? 0
      for (part, error) in zip(axes, errors) where !(error <= allowed) || error == worst {
        parts.insert(part)
      }
    }
    let score = Double(tolerance.score)
    if let first = a.objectness(i), let second = b.objectness(j),
      !(abs(Double(first) - Double(second)) <= score)
    {
      parts.insert(.objectness)
    }
    for (index, pair) in zip(a.classes(i), b.classes(j)).enumerated()
    where !(abs(Double(pair.0) - Double(pair.1)) <= score) {
      classes.append(index)
    }
    if !classes.isEmpty { parts.insert(.classes) }
    if case .rows(let scoresA, let labelsA) = a.scores,
      case .rows(let scoresB, let labelsB) = b.scores
    {
      if !(abs(Double(scoresA[i]) - Double(scoresB[j])) <= score) { parts.insert(.score) }
      if labelsA[i] != labelsB[j] { parts.insert(.label) }
    }
  }
}

/// What the differing cells of one place have in common.
private struct Tally {
  private var count = 0
  private var parts: Set<DifferenceGroup.Part> = []
  private var classes: Set<Int> = []
  private var samples: [CellDifference] = []

  private static let sampleLimit = 256
  /// Differing classes that are told one by one.
  private static let classLimit = 4

  mutating func add(_ difference: CellDifference) {
    count += 1
    parts.formUnion(difference.parts)
    if classes.count <= Self.classLimit { classes.formUnion(difference.classes) }
    if samples.count < Self.sampleLimit { samples.append(difference) }
  }

  func group(at place: DifferenceGroup.Place) -> DifferenceGroup {
    var group = DifferenceGroup(
      places: [place], cellCount: count,
      parts: DifferenceGroup.Part.allCases.filter { parts.contains($0) },
      classes: classes.count <= Self.classLimit ? classes.sorted() : [])
    let axes = [DifferenceGroup.Part.x, .y, .width, .height].enumerated()
      .filter { parts.contains($0.element) }.map(\.offset)
    if !axes.isEmpty { group.ratio = ratio(axes) }
    if !axes.isEmpty, group.ratio == nil { group.offsetPx = offset(axes) }
    return group
  }

  /// One number that takes the original's numbers to the patched ones.
  private func ratio(_ axes: [Int]) -> Double? {
    let numbers = samples.flatMap { sample in axes.map { sample.numbers[$0] } }
    guard let largest = numbers.max(by: { abs($0.original) < abs($1.original) }),
      largest.original != 0
    else { return nil }
    let ratio = largest.patched / largest.original
    return holds(axes) { abs($0.patched - ratio * $0.original) } ? ratio : nil
  }

  private func offset(_ axes: [Int]) -> Double? {
    let first = samples[0].numbers[axes[0]]
    let offset = first.patched - first.original
    return holds(axes) { abs($0.patched - $0.original - offset) } ? offset : nil
  }

  private func holds(
    _ axes: [Int], _ error: ((original: Double, patched: Double)) -> Double
  ) -> Bool {
    samples.allSatisfy { sample in
      axes.allSatisfy { error(sample.numbers[$0]) <= 2 * sample.allowed }
    }
  }
}

extension Box {
  /// x, y, width and height.
  var centerAndSize: SIMD4<Double> {
    let corners = SIMD4<Double>(self.corners)
    return SIMD4(
      lowHalf: (corners.lowHalf + corners.highHalf) / 2,
      highHalf: corners.highHalf - corners.lowHalf)
  }
}
