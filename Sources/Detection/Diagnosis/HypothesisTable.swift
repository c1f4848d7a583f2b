/// The hypotheses there are. Where the data do not tell two apart, the one that stands first is
/// offered first.
package enum HypothesisTable {
  /// Mistakes in single terms, which combine freely.
  static let ofTerms: [any Hypothesis.Type] = [
    HeadsPermuted.self, ScalesPermuted.self, AnchorsPermuted.self,
    AnchorSidesExchanged.self, AnchorUnits.self, SizeFormula.self, CenterFormula.self,
    GridExchanged.self, StrideValue.self, ScoreFormula.self, ClassShift.self, SigmoidCount.self,
    AnchorValue.self, ClassesPermuted.self,
  ]

  /// Mistakes in how the maps or the boxes are read, beneath all others.
  static let ofMaps: [any MapHypothesis.Type] = [
    SigmoidCount.self, AttributeMajor.self, MapsTransposed.self, ClassCount.self,
    HeadPrecision.self, BoxEncoding.self, CornerOrder.self, BoxScale.self,
  ]

  /// All names a mistake can be given by its numbers.
  package static let ids: [String] = {
    let all =
      ofTerms.flatMap { $0.ids } + ofMaps.flatMap { $0.ids } + SelectionHypotheses.ids
      + NetworkChange.ids + Diagnoser.idsOfRows
    var seen: Set<String> = []
    return all.filter { seen.insert($0).inserted }
  }()
}
