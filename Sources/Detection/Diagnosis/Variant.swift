/// A mistake as a change to a recipe.
struct Variant: Sendable {
  /// How much of a recipe can have the mistake while the rest has not.
  enum Reach: Sendable {
    /// Each term of each scale.
    case terms
    /// Each scale.
    case scales
    /// All or nothing.
    case whole
  }

  let ids: [String]
  /// The terms it shows in.
  let terms: Set<Term>
  let reach: Reach
  /// What would rather be believed has a lower number: 0 for a mistake without parameters, more for
  /// one that is fitted to the data.
  let generality: Int
  let change: @Sendable (inout ScaleRecipe, _ scale: Int) -> Void
  /// What was done, given the changed recipe and the scales that have the mistake.
  let text: @Sendable (_ result: [ScaleRecipe], _ scales: [Int]) -> String

  init(
    _ ids: [String], _ terms: Set<Term>, reach: Reach = .scales, generality: Int = 0,
    change: @escaping @Sendable (inout ScaleRecipe, _ scale: Int) -> Void,
    text: @escaping @Sendable (_ result: [ScaleRecipe], _ scales: [Int]) -> String
  ) {
    self.ids = ids
    self.terms = terms
    self.reach = reach
    self.generality = generality
    self.change = change
    self.text = text
  }

  /// The recipe with the mistake everywhere.
  func applied(to recipe: [ScaleRecipe]) -> [ScaleRecipe] {
    var changed = recipe
    for scale in changed.indices { change(&changed[scale], scale) }
    return changed
  }
}

/// A kind of mistake: the ids it is reported by, and the changes to try for it.
///
/// Adding one takes a type and a line in ``HypothesisTable``.
protocol Hypothesis: Sendable {
  static var ids: [String] { get }

  /// The changes to a recipe that would be this mistake, as far as the data suggest any.
  static func variants(_ context: HypothesisContext) -> [Variant]
}

/// A kind of mistake in how the maps are read, beneath what is done with their values.
protocol MapHypothesis: Sendable {
  static var ids: [String] { get }

  static func mapVariants(_ context: HypothesisContext) -> [Variant]
}

/// What a hypothesis looks at.
struct HypothesisContext {
  let sample: SampledFit
  /// The recipe that is changed.
  let base: [ScaleRecipe]
  let names: ScaleNames
  let facts: DiagnosisFacts

  var classCount: Int { sample.fit.heads.classCount }
}

/// How texts call the scales: p3 for stride 8, p4 for 16 and so on.
package struct ScaleNames: Sendable {
  private let names: [String]

  package init(_ scales: [DecodeGeometry.Scale]) {
    let known = scales.map { scale -> String? in
      let stride = Int(exactly: scale.strideX) ?? 0
      return stride > 0 && stride.nonzeroBitCount == 1 && scale.strideX == scale.strideY
        ? "p\(stride.trailingZeroBitCount)" : nil
    }
    let isTold = known.allSatisfy { $0 != nil } && Set(known).count == known.count
    names = known.indices.map { isTold ? known[$0]! : "scale \($0)" }
  }

  package subscript(_ scale: Int) -> String {
    names.indices.contains(scale) ? names[scale] : "scale \(scale)"
  }

  package var count: Int { names.count }

  /// "p3, p4 and p5".
  package func list(_ scales: [Int]) -> String { scales.map { self[$0] }.listed }

  /// " on p3", or nothing where all scales are meant.
  package func on(_ scales: [Int]) -> String {
    scales.count == names.count ? "" : " on \(list(scales))"
  }
}

extension [String] {
  /// "a, b and c".
  package var listed: String {
    guard count > 1, let last else { return first ?? "" }
    return dropLast().joined(separator: ", ") + " and " + last
  }
}
