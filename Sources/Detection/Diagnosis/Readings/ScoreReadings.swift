import Glibc

extension ReadingDiagnosis {
  /// Ways to write or read scores, the unchanged first.
  var scoreReadings: [Reading] {
    func each(_ id: String, _ text: String, _ change: @escaping (Double) -> Double) -> Reading {
      Reading(id: id, text: text, scores: { $0.comparableScores.original.map(change) })
    }
    var readings = [Reading(id: "", text: "")]
    readings += [
      each("sigmoid-twice", "the sigmoid is applied twice to the scores", \.sigmoid),
      each("sigmoid-missing", "the scores are logits: a sigmoid is missing", \.logit),
      part("sigmoid-twice", "the sigmoid is applied twice to the objectness", true, \.sigmoid),
      part("sigmoid-twice", "the sigmoid is applied twice to the classes", false, \.sigmoid),
      part("sigmoid-missing", "the objectness is a logit", true, \.logit),
      part("sigmoid-missing", "the classes are logits", false, \.logit),
      Reading(
        id: "score-without-objectness", text: "scores are class probabilities without objectness",
        scores: { $0.scores(withObjectness: false) }),
      Reading(
        id: "score-is-objectness", text: "the score is the objectness alone",
        scores: { pair in pair.original.objectness.map { [$0] } ?? [] }),
      Reading(
        id: "score-activation", text: "scores are a softmax over the classes",
        scores: { pair in
          let odds = pair.comparableScores.original.map { $0 / (1 - $0) }
          let sum = odds.reduce(0, +)
          return odds.map { $0 / sum }
        }),
      Reading(
        id: "score-activation", text: "scores are squared",
        scores: { $0.comparableScores.original.map { $0 * $0 } }),
      Reading(
        id: "score-activation", text: "scores are square roots",
        scores: { $0.comparableScores.original.map { $0.squareRoot() } }),
    ]
    for type in NarrowType.allCases {
      let text = "scores are rounded to \(type.rawValue): rounding, not a bug"
      func rounded(_ value: Double) -> Double { Double(type.rounded(Float(value))) }
      readings += [
        each(type.rawValue, text, rounded), part(type.rawValue, text, true, rounded),
        part(type.rawValue, text, false, rounded),
      ]
    }
    let classCount = data.pairs.first?.classScores.original.count ?? 0
    for shift in [1, -1, 2, -2] where classCount > 2 && 2 * abs(shift) <= classCount {
      readings.append(
        Reading(
          id: "class-shift", text: "classes are \(shift > 0 ? "+" : "")\(shift) off",
          scores: { pair in
            let (scores, found) = pair.classScores
            let rest = pair.comparableScores.original.count - scores.count
            // At the end stands whatever is there.
            return pair.comparableScores.original.prefix(rest)
              + scores.indices.map { place in
                scores.indices.contains(place - shift) ? scores[place - shift] : found[place]
              }
          }))
    }
    readings += [permutedReading, functionReading].compactMap { $0 }
    return readings
  }

  /// The classes in another order, the same for all cells.
  private var permutedReading: Reading? {
    let scores = data.pairs.map(\.comparableScores)
    guard let count = scores.first?.original.count, count > 1,
      scores.allSatisfy({ $0.original.count == count && $0.patched.count == count })
    else { return nil }
    let order = (0..<count).map { place in
      (0..<count).min { a, b in
        func distance(_ other: Int) -> Double {
          scores.reduce(0) { $0 + abs($1.patched[place] - $1.original[other]) }
        }
        return distance(a) < distance(b)
      }!
    }
    guard Set(order).count == count, order != Array(0..<count) else { return nil }
    return Reading(
      id: "classes-permuted",
      text: "classes stand in another order: at \(order.indices.first { order[$0] != $0 }!) stands "
        + "\(order.first(where: { order[$0] != $0 })!)",
      scores: { pair in order.map { pair.comparableScores.original[$0] } })
  }

  /// A function of the original's scores that keeps their order.
  private var functionReading: Reading? {
    let points = data.pairs.flatMap { pair in
      zip(pair.comparableScores.original, pair.comparableScores.patched).map { ($0, $1) }
    }.sorted { $0.0 < $1.0 }
    let allowed = 4 * Double(data.tolerance.score)
    let isMoved = points.contains { abs($0.0 - $0.1) > allowed }
    let rises = zip(points, points.dropFirst()).count { $1.1 >= $0.1 - allowed }
    guard points.count >= 50, isMoved, let first = points.first, let last = points.last,
      last.1 > first.1 + allowed, Double(rises) >= 0.99 * Double(points.count - 1)
    else { return nil }
    return Reading(
      id: "score-activation",
      text: "scores are another function of the expected ones: "
        + [first, points[points.count / 2], last].map {
          "\($0.0.threeDigits) gives \($0.1.threeDigits)"
        }.joined(separator: ", "),
      scores: { $0.comparableScores.patched })
  }

  /// A change of the objectness alone, or of the classes alone.
  private func part(
    _ id: String, _ text: String, _ isObjectness: Bool, _ change: @escaping (Double) -> Double
  ) -> Reading {
    Reading(
      id: id, text: text,
      scores: { pair in
        guard let objectness = pair.original.objectness, !pair.original.classes.isEmpty else {
          return []
        }
        let changed = isObjectness ? change(objectness) : objectness
        let classes = isObjectness ? pair.original.classes : pair.original.classes.map(change)
        if pair.patched.classes.isEmpty { return [changed * classes.max()!] }
        return pair.patched.objectness == nil
          ? classes.map { $0 * changed } : [changed] + classes
      })
  }
}

extension ReadingPairs.Pair {
  /// The scores of both sides in the form that both have: all classes with objectness apart, products,
  /// or the best product alone.
  var comparableScores: (original: [Double], patched: [Double]) {
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

  /// The part of ``comparableScores`` that is of classes.
  var classScores: (original: [Double], patched: [Double]) {
    let scores = comparableScores
    let hasObjectness = original.objectness != nil && patched.objectness != nil
    let before = hasObjectness && !original.classes.isEmpty && !patched.classes.isEmpty ? 1 : 0
    return (Array(scores.original.dropFirst(before)), Array(scores.patched.dropFirst(before)))
  }

  /// The original's scores with or without its objectness, in the form that is compared.
  func scores(withObjectness: Bool) -> [Double] {
    guard let objectness = original.objectness, patched.objectness == nil else { return [] }
    if original.classes.isEmpty { return [original.score / objectness] }
    if patched.classes.isEmpty { return [original.classes.max() ?? 0] }
    return original.classes
  }
}
