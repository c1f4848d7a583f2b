import BoxMath
import Glibc

/// Names mistakes in how boxes, scores or labels are written or read, whatever made them: each is a
/// function of the original's numbers that gives the patched graph's.
///
/// Boxes, scores and labels are looked at apart, so that a mistake in each is found beside the others.
package struct ReadingDiagnosis {
  let data: ReadingPairs

  /// The mistakes it may name.
  package static let ids = [
    "box-unit",
    "center-size-boxes",
    "bfloat16",
    "class-shift",
    "classes-permuted",
    "corner-and-size",
    "corner-order",
    "dfl-bins",
    "distance-order",
    "float16",
    "grid-offset",
    "label-offset",
    "label-with-objectness",
    "row-order",
    "rows-columns-exchanged",
    "score-activation",
    "score-is-objectness",
    "score-without-objectness",
    "sigmoid-missing",
    "sigmoid-twice",
    "stride",
    "stride-order",
    "wh-exp",
    "wh-no-stride",
    "wh-scale",
    "xy-no-scale",
    "yx-exchanged",
  ]

  /// The share of the differing cells that an explanation has to bring within tolerance.
  private var leastExplained: Double { data.areRows ? 0.75 : 0.9 }

  package init(_ data: ReadingPairs) { self.data = data }

  /// - Returns: `nil` where the differences are not explained.
  package func diagnose() -> (ids: [String], text: String, explains: Double)? {
    explanation ?? explanationByScales
  }

  /// One mistake in the boxes, one in the scores and one in the labels of all cells.
  private var explanation: (ids: [String], text: String, explains: Double)? {
    let different = data.pairs.filter(\.differs)
    guard !different.isEmpty else { return nil }
    let box = best(boxReadings, isWithin: isBoxWithin)
    let score = best(scoreReadings, isWithin: isScoreWithin)
    let label = best(labelReadings, isWithin: isLabelWithin)
    let found = [box, score, label].compactMap { $0 }
    let names = found.filter { !$0.id.isEmpty }
    guard found.count == 3, !names.isEmpty else { return nil }
    let explained = different.filter {
      isBoxWithin(box!, $0) && isScoreWithin(score!, $0) && isLabelWithin(label!, $0)
    }
    let share = Double(explained.count) / Double(different.count)
    guard share >= leastExplained else { return nil }
    var ids: [String] = []
    for name in names where !ids.contains(name.id) { ids.append(name.id) }
    return (ids, names.map(\.text).joined(separator: ", and "), share)
  }

  /// The same for each scale by itself, where some scales have none or another mistake.
  private var explanationByScales: (ids: [String], text: String, explains: Double)? {
    let scales = data.scales.filter { scale in
      data.pairs.contains { $0.scale == scale && $0.differs }
    }
    guard data.scales.count > 1, !scales.isEmpty else { return nil }
    let found = scales.map { scale in
      (scale, ReadingDiagnosis(data.of(scale: scale)).explanation)
    }
    guard found.allSatisfy({ $0.1 != nil }) else { return nil }
    var ids: [String] = []
    for id in found.flatMap({ $0.1!.ids }) where !ids.contains(id) { ids.append(id) }
    return (
      ids, found.map { "\($0.1!.text) on scale \($0.0)" }.joined(separator: ", and "),
      found.map { $0.1!.explains }.min()!
    )
  }

  /// A way to read or write numbers: what it makes of the original's.
  struct Reading {
    let id: String
    let text: String
    var box: (ReadingPairs.Pair) -> SIMD4<Double> = { $0.original.box }
    /// Each class's score, or the best alone.
    var scores: (ReadingPairs.Pair) -> [Double] = { $0.comparableScores.original }
    var label: (ReadingPairs.Pair) -> Int = { $0.original.label }
  }

  /// The first reading that all but a few pairs agree with; the unchanged one has no id.
  private func best(
    _ readings: [Reading], isWithin: (Reading, ReadingPairs.Pair) -> Bool
  ) -> Reading? {
    readings.first { reading in
      let within = data.pairs.filter { isWithin(reading, $0) }.count
      return Double(within) >= leastExplained * Double(data.pairs.count)
    }
  }

  // MARK: Tolerances

  func isBoxWithin(_ reading: Reading, _ pair: ReadingPairs.Pair) -> Bool {
    let expected = reading.box(pair)
    let error = abs(expected - pair.patched.box).max()
    let magnitude = abs(expected).max()
    return error <= 2 * Double(data.tolerance.boxPx) + 2e-5 * magnitude
  }

  private func isScoreWithin(_ reading: Reading, _ pair: ReadingPairs.Pair) -> Bool {
    let (expected, found) = (reading.scores(pair), pair.comparableScores.patched)
    guard expected.count == found.count else { return false }
    let allowed = 2 * Double(data.tolerance.score)
    return zip(expected, found).allSatisfy { abs($0 - $1) <= allowed + 2e-5 * abs($0) }
  }

  private func isLabelWithin(_ reading: Reading, _ pair: ReadingPairs.Pair) -> Bool {
    // Where all classes are compared one by one their scores tell; and a label of nothing is none.
    guard pair.patched.classes.isEmpty, pair.original.score > 2 * Double(data.tolerance.score)
    else { return true }
    return reading.label(pair) == pair.patched.label
  }
}
