import BoxMath
import Tensors

/// Numbers that were rounded to a 16-bit type once, as by a Cast in front of an output, and are exact
/// before: each that differs is the type's nearest to what is expected.
struct RoundedNumbers {
  let type: NarrowType
  /// What is rounded: boxes, scores.
  let parts: [String]
  /// The share of the differing numbers that are the nearest.
  let share: Double

  /// Numbers that differ that are needed, and looked at in each scale.
  private static let (least, most) = (20, 400)

  init?(_ fit: RecipeFit, _ recipe: [ScaleRecipe]) {
    let (boxes, scores) = Self.pairs(fit, recipe)
    func differing(_ pairs: [Pair], _ allowed: Double) -> [Pair] {
      pairs.filter { !(abs($0.seen - $0.expected) <= allowed) }
    }
    let ofBoxes = differing(boxes, Double(fit.tolerance.boxPx))
    let ofScores = differing(scores, Double(fit.tolerance.score))
    let all = ofBoxes + ofScores
    guard all.count >= Self.least else { return nil }
    for type in NarrowType.allCases {
      let share = Double(all.count { $0.isRounded(to: type) }) / Double(all.count)
      guard share >= 0.9 else { continue }
      self.type = type
      self.share = share
      parts = [ofBoxes.isEmpty ? nil : "boxes", ofScores.isEmpty ? nil : "scores"]
        .compactMap { $0 }
      return
    }
    return nil
  }

  private struct Pair {
    let seen: Double
    let expected: Double

    func isRounded(to type: NarrowType) -> Bool {
      // What is expected may itself lie a little to the other side of the middle of two numbers.
      let slack = 1.02
      let (value, other) = (Float(seen), Float(expected))
      guard value.isFinite, type.rounded(value) == value else { return false }
      let error = abs(Double(type.rounded(other)) - expected)
      return abs(seen - expected) <= slack * max(error, type.halfStep(at: other))
    }
  }

  private static func pairs(
    _ fit: RecipeFit, _ recipe: [ScaleRecipe]
  ) -> (boxes: [Pair], scores: [Pair]) {
    var boxes: [Pair] = []
    var scores: [Pair] = []
    for (scale, range) in fit.observed.entriesOfScales.enumerated() {
      let exact = fit.decoder(scale, recipe[scale])
      for entry in stride(
        from: range.lowerBound, to: range.upperBound, by: max(1, range.count / most))
      {
        let place = fit.place(entry, scale)
        let (seen, expected) = (fit.observed.boxes[entry].corners, exact.box(place).corners)
        boxes += (0..<4).map { Pair(seen: Double(seen[$0]), expected: Double(expected[$0])) }
        switch fit.observed.scores {
        case .rows(let found, _):
          scores.append(
            Pair(
              seen: Double(found[entry]),
              expected: exact.scoredClass(place, pluginRule: fit.pluginRule).score))
        case .products, .objectnessAndClasses:
          let areProducts = fit.observed.objectness(entry) == nil
          for (index, score) in fit.observed.classes(entry).enumerated() {
            scores.append(
              Pair(
                seen: Double(score),
                expected: areProducts
                  ? exact.product(index, place) : exact.classScore(index, place)))
          }
          if let objectness = fit.observed.objectness(entry) {
            scores.append(Pair(seen: Double(objectness), expected: exact.objectness(place)))
          }
        }
      }
    }
    return (boxes, scores)
  }
}

extension NarrowType {
  /// The type's number nearest to `value`.
  package func rounded(_ value: Float) -> Float {
    switch self {
    case .float16: Half(value).float
    case .bfloat16: BFloat16(value).float
    }
  }

  /// Half the distance between the type's numbers around `value`.
  fileprivate func halfStep(at value: Float) -> Double {
    let fractionBits = self == .float16 ? 10 : 7
    let leastExponent = self == .float16 ? -14 : -126
    let exponent = value == 0 ? leastExponent : max(Int(value.exponent), leastExponent)
    return Double(sign: .plus, exponent: exponent - fractionBits - 1, significand: 1)
  }
}
