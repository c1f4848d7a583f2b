import BoxMath
import Glibc

/// Names mistakes in how boxes, scores or labels are written or read, whatever made them: each is a
/// function of the original's numbers that gives the patched graph's.
///
/// Boxes, scores and labels are looked at apart, so that a mistake in each is found beside the others.
package struct ReadingDiagnosis {
  private let data: ReadingPairs

  /// The mistakes it may name.
  package static let ids = [
    "box-unit",
    "center-size-boxes",
    "class-shift",
    "corner-and-size",
    "corner-order",
    "dfl-bins",
    "distance-order",
    "grid-offset",
    "label-offset",
    "label-with-objectness",
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
    let different = data.pairs.filter(\.differs)
    guard !different.isEmpty else { return nil }
    let box = best(boxReadings, isWithin: isBoxWithin)
    let score = best(scoreReadings, isWithin: isScoreWithin)
    let label = best(labelReadings(score), isWithin: isLabelWithin)
    let found = [box, score, label].compactMap { $0 }
    let names = found.filter { !$0.id.isEmpty }
    guard found.count == 3, !names.isEmpty else { return nil }
    let explained = different.filter {
      isBoxWithin(box!, $0) && isScoreWithin(score!, $0) && isLabelWithin(label!, $0)
    }
    let share = Double(explained.count) / Double(different.count)
    guard share >= leastExplained else { return nil }
    return (names.map(\.id), names.map(\.text).joined(separator: ", and "), share)
  }

  /// A way to read or write numbers: what it makes of the original's.
  private struct Reading {
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

  private func isBoxWithin(_ reading: Reading, _ pair: ReadingPairs.Pair) -> Bool {
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

  // MARK: Boxes

  private var boxReadings: [Reading] {
    func reading(
      _ id: String, _ text: String,
      _ box: @escaping (SIMD4<Double>, ReadingPairs.Pair) -> SIMD4<Double>
    ) -> Reading {
      Reading(id: id, text: text, box: { box($0.original.box, $0) })
    }
    let size = data.networkSize
    var readings = [Reading(id: "", text: "")]
    readings += [
      reading("center-size-boxes", "centres and sizes stand where corners are read") { b, _ in
        b.centerAndSize
      },
      reading("center-size-boxes", "corners stand where centres and sizes are read") { b, _ in
        b.readAsCenterAndSize
      },
      reading("corner-and-size", "the first corner and the size stand where corners are read") {
        b, _ in SIMD4(b.x, b.y, b.z - b.x, b.w - b.y)
      },
      reading(
        "corner-and-size", "the first corner and the size stand where centres and sizes are read"
      ) { b, _ in SIMD4(b.x, b.y, b.z - b.x, b.w - b.y).readAsCenterAndSize },
      reading("yx-exchanged", "y stands before x") { b, _ in SIMD4(b.y, b.x, b.w, b.z) },
      reading("yx-exchanged", "y stands before x in centres and sizes") { b, _ in
        let c = b.centerAndSize
        return SIMD4(c.y, c.x, c.w, c.z).readAsCenterAndSize
      },
      reading("box-unit", "boxes are fractions of the network's input where pixels are read") {
        b, _ in b / SIMD4(size.x, size.y, size.x, size.y)
      },
      reading("box-unit", "boxes are pixels where fractions of the network's input are read") {
        b, _ in b * SIMD4(size.x, size.y, size.x, size.y)
      },
      reading("xy-no-scale", "centres are in cells, not in pixels") { b, pair in
        guard let stride = pair.stride else { return b }
        let c = b.centerAndSize
        return SIMD4(c.x / stride.x, c.y / stride.y, c.z, c.w).readAsCenterAndSize
      },
      reading("wh-no-stride", "sizes are in cells, not in pixels") { b, pair in
        guard let stride = pair.stride else { return b }
        let c = b.centerAndSize
        return SIMD4(c.x, c.y, c.z / stride.x, c.w / stride.y).readAsCenterAndSize
      },
      reading("wh-exp", "sizes lack their exponential") { b, pair in
        guard let stride = pair.stride else { return b }
        let c = b.centerAndSize
        return SIMD4(c.x, c.y, log(c.z / stride.x) * stride.x, log(c.w / stride.y) * stride.y)
          .readAsCenterAndSize
      },
      reading("box-unit", "boxes are in cells, not in pixels") { b, pair in
        guard let stride = pair.stride else { return b }
        return b / SIMD4(stride.x, stride.y, stride.x, stride.y)
      },
    ]
    readings += orderReadings + distanceReadings + shiftReadings + factorReadings
    return readings
  }

  /// The other orders of four corners.
  private var orderReadings: [Reading] {
    let names = ["x1", "y1", "x2", "y2"]
    return permutations.map { order in
      Reading(
        id: "corner-order",
        text: "corners stand as " + order.map { names[$0] }.joined(separator: ", "),
        box: { pair in
          let b = pair.original.box
          return SIMD4(b[order[0]], b[order[1]], b[order[2]], b[order[3]])
        })
    }
  }

  /// Distances from the middle of the cell in another order.
  private var distanceReadings: [Reading] {
    let names = ["left", "top", "right", "bottom"]
    return permutations.map { order in
      Reading(
        id: "distance-order",
        text: "distances are read as " + order.map { names[$0] }.joined(separator: ", "),
        box: { pair in
          let (b, c) = (pair.original.box, pair.center)
          let d = [c.x - b.x, c.y - b.y, b.z - c.x, b.w - c.y]
          return SIMD4(
            c.x - d[order[0]], c.y - d[order[1]], c.x + d[order[2]], c.y + d[order[3]])
        })
    }
  }

  /// All orders of four but the first.
  private var permutations: [[Int]] {
    var found: [[Int]] = []
    for a in 0..<4 {
      for b in 0..<4 where b != a {
        for c in 0..<4 where c != a && c != b { found.append([a, b, c, 6 - a - b - c]) }
      }
    }
    return Array(found.dropFirst())
  }

  /// Centres or distances moved by the same part of a cell everywhere.
  private var shiftReadings: [Reading] {
    let cells = data.pairs.filter { $0.stride != nil }
    guard !cells.isEmpty else { return [] }
    func median(_ shift: (ReadingPairs.Pair, SIMD2<Double>) -> Double) -> Double {
      cells.map { shift($0, $0.stride!) }.sorted()[cells.count / 2]
    }
    let x = median { ($0.patched.box.centerAndSize.x - $0.original.box.centerAndSize.x) / $1.x }
    let y = median { ($0.patched.box.centerAndSize.y - $0.original.box.centerAndSize.y) / $1.y }
    let grow = median { ($0.patched.box.z - $0.original.box.z) / $1.x }
    var readings: [Reading] = []
    if x != 0 || y != 0 {
      readings.append(
        Reading(
          id: "grid-offset",
          text: "centres are moved by \(x.threeDigits) cells across and \(y.threeDigits) down",
          box: { pair in
            guard let s = pair.stride else { return pair.original.box }
            return pair.original.box + SIMD4(x * s.x, y * s.y, x * s.x, y * s.y)
          }))
    }
    let moved = SIMD4<Double>(
      (0..<4).map { axis in
        data.pairs.map { $0.patched.box[axis] - $0.original.box[axis] }.sorted()[
          data.pairs.count / 2]
      })
    readings.append(
      Reading(
        id: "grid-offset",
        text: "boxes are moved by \(moved.x.threeDigits) px across and \(moved.y.threeDigits) down",
        box: { $0.original.box + moved }))
    if grow != 0 {
      readings.append(
        Reading(
          id: "dfl-bins", text: "each distance is \(grow.threeDigits) cells too long",
          box: { pair in
            guard let s = pair.stride else { return pair.original.box }
            return pair.original.box
              + SIMD4(-grow * s.x, -grow * s.y, grow * s.x, grow * s.y)
          }))
    }
    return readings
  }

  /// A factor of each scale's boxes, or of its distances.
  private var factorReadings: [Reading] {
    func factors(_ ratio: (ReadingPairs.Pair) -> Double) -> [Int: Double] {
      var found: [Int: Double] = [:]
      for scale in data.scales {
        let ratios = data.pairs.filter { $0.scale == scale }.map(ratio)
          .filter(\.isFinite).sorted()
        if !ratios.isEmpty { found[scale] = ratios[ratios.count / 2] }
      }
      return found
    }
    let whole = factors { $0.patched.box.centerAndSize.x / $0.original.box.centerAndSize.x }
    let distances = factors {
      ($0.patched.box.z - $0.patched.box.x) / ($0.original.box.z - $0.original.box.x)
    }
    func isChanged(_ factors: [Int: Double]) -> Bool {
      factors.values.contains { abs($0 - 1) > 1e-5 }
    }
    var readings: [Reading] = []
    if isChanged(whole) {
      let isOrder =
        whole.count > 1 && abs(whole.values.reduce(1, *) - 1) < 1e-3
      let all = Set(whole.values.map { ($0 * 1e4).rounded() })
      let id = isOrder ? "stride-order" : "stride"
      readings.append(
        Reading(
          id: id,
          text: isOrder
            ? "the strides of the scales are exchanged"
            : all.count == 1
              ? "boxes are \(whole.values.first!.threeDigits) times as large"
              : "boxes of scale \(whole.filter { abs($0.value - 1) > 1e-5 }.keys.sorted().map(String.init).joined(separator: ", ")) are of another stride",
          box: { pair in pair.original.box * (whole[pair.scale] ?? 1) }))
    }
    if isChanged(distances) {
      readings.append(
        Reading(
          id: "dfl-bins",
          text:
            "distances are \(distances.sorted { $0.key < $1.key }.map { $0.value.threeDigits }.joined(separator: ", ")) times as long",
          box: { pair in
            let (b, c) = (pair.original.box, pair.center)
            let middle = SIMD4(c.x, c.y, c.x, c.y)
            return middle + (b - middle) * (distances[pair.scale] ?? 1)
          }))
      readings.append(
        Reading(
          id: "wh-scale",
          text:
            "sizes are \(distances.sorted { $0.key < $1.key }.map { $0.value.threeDigits }.joined(separator: ", ")) times as large",
          box: { pair in
            let c = pair.original.box.centerAndSize
            let factor = distances[pair.scale] ?? 1
            return SIMD4(c.x, c.y, c.z * factor, c.w * factor).readAsCenterAndSize
          }))
    }
    return readings
  }

  // MARK: Scores

  private var scoreReadings: [Reading] {
    func each(_ id: String, _ text: String, _ change: @escaping (Double) -> Double) -> Reading {
      Reading(id: id, text: text, scores: { $0.comparableScores.original.map(change) })
    }
    var readings = [Reading(id: "", text: "")]
    readings += [
      each("sigmoid-twice", "the sigmoid is applied twice to the scores") {
        1 / (1 + Glibc.exp(-$0))
      },
      each("sigmoid-missing", "the scores are logits: a sigmoid is missing") { log($0 / (1 - $0)) },
      Reading(
        id: "score-without-objectness", text: "scores are class probabilities without objectness",
        scores: { $0.scores(withObjectness: false) }),
      Reading(
        id: "score-is-objectness", text: "the score is the objectness alone",
        scores: { pair in pair.original.objectness.map { [$0] } ?? [] }),
      Reading(
        id: "score-activation", text: "scores are squared",
        scores: { $0.comparableScores.original.map { $0 * $0 } }),
      Reading(
        id: "score-activation", text: "scores are square roots",
        scores: { $0.comparableScores.original.map { $0.squareRoot() } }),
    ]
    let classCount = data.pairs.first?.comparableScores.original.count ?? 0
    if classCount > 2 {
      for shift in [1, -1, 2, -2] where abs(Double(shift)) < Double(classCount) {
        readings.append(
          Reading(
            id: "class-shift", text: "classes are \(shift > 0 ? "+" : "")\(shift) off",
            scores: { pair in
              let scores = pair.comparableScores.original
              return scores.indices.map {
                scores[(($0 - shift) % scores.count + scores.count) % scores.count]
              }
            }))
      }
    }
    return readings
  }

  // MARK: Labels

  private func labelReadings(_ score: Reading?) -> [Reading] {
    var readings = [Reading(id: "", text: "")]
    let offsets = data.pairs.map { $0.patched.label - $0.original.label }.sorted()
    if let offset = offsets.isEmpty ? nil : offsets[offsets.count / 2], offset != 0 {
      readings.append(
        Reading(
          id: "label-offset", text: "labels are \(offset > 0 ? "+" : "")\(offset) off",
          label: { $0.original.label + offset }))
      let count = data.pairs.map { $0.original.classes.count }.max() ?? 0
      if count > 2 {
        readings.append(
          Reading(
            id: "class-shift", text: "classes are \(offset > 0 ? "+" : "")\(offset) off",
            label: { (($0.original.label + offset) % count + count) % count }))
      }
    }
    readings.append(
      Reading(
        id: "label-with-objectness", text: "the objectness counts as class 0",
        label: { pair in
          guard let objectness = pair.original.objectness, !pair.original.classes.isEmpty else {
            return -1
          }
          let all = [objectness] + pair.original.classes
          return all.firstIndex(of: all.max()!)!
        }))
    return readings
  }
}

extension ReadingPairs.Pair {
  /// The scores of both sides in the form that both have: all classes with objectness apart, products,
  /// or the best product alone.
  fileprivate var comparableScores: (original: [Double], patched: [Double]) {
    guard !original.classes.isEmpty, !patched.classes.isEmpty else {
      return ([original.score], [patched.score])
    }
    if let a = original.objectness, let b = patched.objectness {
      return ([a] + original.classes, [b] + patched.classes)
    }
    return (
      original.classes.map { $0 * (original.objectness ?? 1) },
      patched.classes.map { $0 * (patched.objectness ?? 1) }
    )
  }

  /// The original's scores with or without its objectness, in the form that is compared.
  fileprivate func scores(withObjectness: Bool) -> [Double] {
    guard let objectness = original.objectness, patched.objectness == nil else { return [] }
    if original.classes.isEmpty { return [original.score / objectness] }
    if patched.classes.isEmpty { return [original.classes.max() ?? 0] }
    return original.classes
  }
}

extension SIMD4<Double> {
  /// Centre and size of a box of corners.
  fileprivate var centerAndSize: SIMD4 { SIMD4((x + z) / 2, (y + w) / 2, z - x, w - y) }

  /// The corners of the box whose centre and size these numbers are.
  fileprivate var readAsCenterAndSize: SIMD4 {
    SIMD4(x - z / 2, y - w / 2, x + z / 2, y + w / 2)
  }
}

extension Double {
  /// Three digits or so.
  fileprivate var threeDigits: String {
    let rounded = (self * 1000).rounded() / 1000
    return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
  }
}
