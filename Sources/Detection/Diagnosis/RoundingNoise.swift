/// Whether what is different has the size and the spread of a 16-bit type's rounding all through a
/// network.
///
/// Differences are taken back to the logits they would come from. Rounding leaves them alike in all
/// channels, around zero, and small; a mistake does not.
struct RoundingNoise {
  let type: NarrowType
  /// The usual error of a logit, over its magnitude above 1.
  let size: Double
  /// The share of numbers that are as near as that allows.
  let share: Double

  private static let nudge = 1e-3
  /// Numbers of a kind that are needed, and taken at most of one scale.
  private static let counts = 20...160
  /// How often as large one kind's errors may be as another's.
  private static let spread = 12.0
  /// What the middle of the errors may be, over their usual size.
  private static let bias = 0.8
  /// Errors that are taken for noise, over their usual size.
  private static let reach = 10.0

  /// - Parameter types: those the other side is known to compute in, or to have its weights in. When
  ///   that is not known, the errors must be alike in all channels and around zero.
  init?(_ fit: RecipeFit, _ recipe: [ScaleRecipe], types: [NarrowType]?) {
    let kinds = Self.errors(fit, recipe).filter { $0.count >= Self.counts.lowerBound }
    guard kinds.count >= 4 else { return nil }
    let sizes = kinds.map { Self.median($0.map(abs)) }
    guard let least = sizes.min(), let most = sizes.max(), least > 0,
      types != nil
        || most <= Self.spread * least
          && zip(kinds, sizes).allSatisfy({ abs(Self.median($0)) <= Self.bias * $1 })
    else { return nil }
    let size = Self.median(sizes)
    let possible = (types ?? NarrowType.allCases).filter { $0.noise.contains(size) }
    guard let type = possible.first else { return nil }
    self.type = type
    self.size = size
    let all = kinds.flatMap { $0 }
    share = Double(all.count { abs($0) <= Self.reach * size }) / Double(all.count)
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  /// Errors as those of logits: of x, y, width, height, objectness and the best class, or the score.
  private static func errors(_ fit: RecipeFit, _ recipe: [ScaleRecipe]) -> [[Double]] {
    var errors = [[Double]](repeating: [], count: 6)
    // Where noise is allowed for in the tolerances, it is most of them.
    let share = fit.noise > 1e-6 ? 1.0 / 12 : 1
    let (boxPx, score) = (
      share * Double(fit.tolerance.boxPx), share * Double(fit.tolerance.score)
    )
    for (scale, range) in fit.observed.entriesOfScales.enumerated() {
      let exact = fit.decoder(scale, recipe[scale])
      var nudged = exact
      nudged.nudge = nudge
      let step = max(1, range.count / counts.upperBound)
      for entry in stride(from: range.lowerBound, to: range.upperBound, by: step) {
        let place = fit.place(entry, scale)
        let (center, size) = fit.seen(entry, recipe[scale])
        func add(_ kind: Int, _ seen: Double, _ value: Double, _ shifted: Double, _ floor: Double) {
          let slope = (shifted - value) / nudge
          // Where a sigmoid is flat, a number tells little of its logit.
          guard abs(slope) * 1e-4 > floor, seen.isFinite else { return }
          errors[kind].append((seen - value) / slope)
        }
        let (a, b) = (exact.center(place), nudged.center(place))
        add(0, center.x, a.x, b.x, boxPx)
        add(1, center.y, a.y, b.y, boxPx)
        let (c, d) = (exact.size(place), nudged.size(place))
        add(2, size.x, c.x, d.x, boxPx)
        add(3, size.y, c.y, d.y, boxPx)
        if let seen = fit.observed.objectness(entry) {
          add(4, Double(seen), exact.objectness(place), nudged.objectness(place), score)
        }
        if let seen = fit.observed.classes(entry).first {
          add(5, Double(seen), exact.classScore(0, place), nudged.classScore(0, place), score)
        } else if case .rows(let scores, _) = fit.observed.scores {
          let (value, shifted) = (
            exact.scoredClass(place, pluginRule: false),
            nudged.scoredClass(place, pluginRule: false)
          )
          add(5, Double(scores[entry]), value.score, shifted.score, score)
        }
      }
    }
    return errors
  }
}

/// A 16-bit type that a network may be computed in.
package enum NarrowType: String, Sendable, CaseIterable {
  case float16, bfloat16

  /// What its rounding in some sixty layers makes of a logit, over its magnitude above 1.
  fileprivate var noise: ClosedRange<Double> {
    switch self {
    case .float16: 3e-5...0.003
    case .bfloat16: 3e-4...0.1
    }
  }
}
