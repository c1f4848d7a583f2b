/// The channels of a map are taken to stand by attribute, then anchor.
enum AttributeMajor: MapHypothesis {
  static let ids = ["attribute-major"]

  static func mapVariants(_ context: HypothesisContext) -> [Variant] {
    let names = context.names
    return [
      Variant(ids, Set(Term.allCases)) { recipe, _ in
        recipe.channelOrder = .attributeMajor
      } text: { _, scales in
        "channels\(names.on(scales)) read as attribute by attribute, they stand anchor by anchor"
      }
    ]
  }
}

/// A cell shows the values of the place with row and column exchanged.
enum MapsTransposed: MapHypothesis {
  static let ids = ["rows-columns-exchanged"]

  static func mapVariants(_ context: HypothesisContext) -> [Variant] {
    let grids = context.sample.fit.heads.layout.scales
    guard grids.allSatisfy({ $0.rows == $0.columns }) else { return [] }
    let names = context.names
    return [
      Variant(ids, Set(Term.allCases)) { recipe, _ in
        recipe.readsTransposed.toggle()
      } text: { _, scales in
        "rows and columns of the maps exchanged\(names.on(scales))"
      }
    ]
  }
}

/// The channels are counted for another number of classes.
enum ClassCount: MapHypothesis {
  static let ids = ["class-count"]

  static func mapVariants(_ context: HypothesisContext) -> [Variant] {
    let right = context.classCount
    let counts = [right - 1, right + 1, context.facts.otherClassCount ?? right, 80, 20, 1]
    var seen: Set = [right]
    return counts.filter { $0 > 0 && seen.insert($0).inserted }.map { count in
      Variant(ids, Set(Term.allCases), reach: .whole, generality: 1) { recipe, _ in
        recipe.channelStep += count - right
        recipe.classCount = count
      } text: { _, _ in
        "channels counted for \(count) classes, the maps have \(right)"
      }
    }
  }
}
