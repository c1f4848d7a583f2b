import BoxMath

/// Holds recipes against what was observed.
struct RecipeFit: Sendable {
  let heads: HeadValues
  let observed: ObservedCells
  let tolerance: DetectionTolerance
  /// How far logits may be apart, times their magnitude above 1.
  let noise: Double
  /// Whether rows name a class only where one is above 0.
  let pluginRule: Bool

  /// How far a term of an entry is from what a recipe gives, and how far it may be.
  struct Distance {
    var found: Double
    var allowed: Double

    /// NaN is never within.
    var isWithin: Bool { found <= allowed }
  }

  /// - Parameter entry: of a cell of `scale`.
  func distance(_ term: Term, _ entry: Int, _ scale: Int, _ recipe: ScaleRecipe) -> Distance {
    let exact = decoder(scale, recipe)
    var nudged = exact
    nudged.nudge = noise
    let place = place(entry, scale)
    let allowed = tolerance.allowed(for: observed.boxes[entry])
    switch term {
    case .center:
      let (center, _) = seen(entry, recipe)
      return distance(center, exact.center(place), nudged.center(place), allowed)
    case .size:
      let (_, size) = seen(entry, recipe)
      return distance(size, exact.size(place), nudged.size(place), 2 * allowed)
    case .objectness:
      return distance(
        Double(observed.objectness(entry) ?? .nan), exact.objectness(place),
        nudged.objectness(place))
    case .classes: return classDistance(entry, place, exact, nudged)
    case .score, .label, .selection: return rowDistance(term, entry, place, exact, nudged)
    }
  }

  func decoder(_ scale: Int, _ recipe: ScaleRecipe) -> ScaleDecoder {
    ScaleDecoder(recipe: recipe, scale: heads.scales[scale], classCount: heads.classCount)
  }

  func place(_ entry: Int, _ scale: Int) -> ScaleDecoder.Place {
    let grid = observed.layout.scales[scale]
    let (anchor, rest) = (observed.cells[entry] - grid.firstCell).quotientAndRemainder(
      dividingBy: grid.cellsPerAnchor)
    return ScaleDecoder.Place(
      anchor: anchor, row: rest / grid.columns, column: rest % grid.columns)
  }

  /// Centre and size of the observed box as the recipe takes its four numbers.
  func seen(_ entry: Int, _ recipe: ScaleRecipe) -> (center: SIMD2<Double>, size: SIMD2<Double>) {
    let box = SIMD4<Double>(observed.boxes[entry].corners)
    let (first, second) = (box.lowHalf, box.highHalf)
    let (center, size) = ((first + second) / 2, second - first)
    return switch recipe.boxReading {
    case .corners: (center, size)
    case .centerAndSize: (first, second)
    case .cornersReadAsCenterAndSize: ((center + size) / 2, size - center)
    case .cornersInOrder(let order):
      Self.centerAndSize(box.inOrder(order.indices.map { order.firstIndex(of: $0)! }))
    }
  }

  private static func centerAndSize(
    _ corners: SIMD4<Double>
  ) -> (center: SIMD2<Double>, size: SIMD2<Double>) {
    ((corners.lowHalf + corners.highHalf) / 2, corners.highHalf - corners.lowHalf)
  }

  private func distance(
    _ seen: SIMD2<Double>, _ expected: SIMD2<Double>, _ nudged: SIMD2<Double>, _ tolerance: Float
  ) -> Distance {
    let found = Double.maximumMagnitude((seen - expected).x, (seen - expected).y)
    let room = Double.maximumMagnitude((nudged - expected).x, (nudged - expected).y)
    let isNumber = !(seen - expected).x.isNaN && !(seen - expected).y.isNaN
    return Distance(
      found: isNumber ? abs(found) : .nan, allowed: max(Double(tolerance), abs(room)))
  }

  private func distance(_ seen: Double, _ expected: Double, _ nudged: Double) -> Distance {
    Distance(
      found: abs(seen - expected), allowed: max(Double(tolerance.score), abs(nudged - expected)))
  }

  /// The class furthest out of its tolerance.
  private func classDistance(
    _ entry: Int, _ place: ScaleDecoder.Place, _ exact: ScaleDecoder, _ nudged: ScaleDecoder
  ) -> Distance {
    var worst = Distance(found: 0, allowed: Double(tolerance.score))
    let areProducts = observed.objectness(entry) == nil
    for (index, seen) in observed.classes(entry).enumerated() {
      func score(_ decoder: ScaleDecoder) -> Double {
        areProducts ? decoder.product(index, place) : decoder.classScore(index, place)
      }
      let expected = score(exact)
      var distance = Distance(
        found: abs(Double(seen) - expected), allowed: Double(tolerance.score))
      if !distance.isWithin {
        distance.allowed = max(distance.allowed, abs(score(nudged) - expected))
        if !distance.isWithin { return distance }
      }
      if distance.found > worst.found { worst = distance }
    }
    return worst
  }

  private func rowDistance(
    _ term: Term, _ entry: Int, _ place: ScaleDecoder.Place, _ exact: ScaleDecoder,
    _ nudged: ScaleDecoder
  ) -> Distance {
    guard case .rows(let scores, let labels) = observed.scores else {
      return Distance(found: 0, allowed: 0)
    }
    switch term {
    case .score:
      return distance(
        Double(scores[entry]), exact.scoredClass(place, pluginRule: pluginRule).score,
        nudged.scoredClass(place, pluginRule: pluginRule).score)
    case .label:
      return labelDistance(labels[entry] &- exact.recipe.labelShift, place, exact, nudged)
    default: return Distance(found: 0, allowed: 0)
    }
  }

  /// 0 where the class is the expected one; else how much more probable that is, as rounding may
  /// choose between classes that are alike.
  private func labelDistance(
    _ seen: Int, _ place: ScaleDecoder.Place, _ exact: ScaleDecoder, _ nudged: ScaleDecoder
  ) -> Distance {
    let expected = exact.bestClass(place, pluginRule: pluginRule)
    guard seen != expected.index else { return Distance(found: 0, allowed: 0) }
    guard (0..<exact.recipe.classCount).contains(seen), expected.index >= 0 else {
      return Distance(found: 1, allowed: 0)
    }
    return distance(
      exact.classScore(seen, place), expected.probability,
      nudged.classScore(expected.index, place))
  }
}

extension SIMD4<Double> {
  /// The numbers that stand at these places.
  func inOrder(_ places: [Int]) -> SIMD4<Double> {
    SIMD4(self[places[0]], self[places[1]], self[places[2]], self[places[3]])
  }
}
