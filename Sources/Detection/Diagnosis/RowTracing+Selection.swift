/// What the selection compares with its threshold in a cell.
struct SelectionMeasure {
  var value: Double
  /// How far rounding may move it.
  var slack: Double
}

extension RowTracing {
  /// What the selection of a recipe compares with its threshold, in each cell.
  func measures(
    _ selection: DecodeRecipe.Selection, _ recipe: DecodeRecipe, _ evidence: DiagnosisEvidence
  ) -> [SelectionMeasure] {
    let places = CellPlaces(evidence.heads.layout)
    let exact = evidence.heads.decoders(recipe.scales)
    let nudged = evidence.heads.decoders(recipe.scales, nudge: evidence.noise)
    let least = Double(evidence.tolerance.score)
    return objectness.indices.map { cell in
      let (scale, place) = places[cell]
      var (value, other) = (objectness[cell], nudged[scale].objectness(place))
      if selection.measure == .product {
        // A product is never above the objectness.
        guard value >= selection.threshold || entryOfCell[cell] != nil else {
          return SelectionMeasure(value: 0, slack: least)
        }
        value *= exact[scale].bestClass(place, pluginRule: false).probability
        other *= nudged[scale].bestClass(place, pluginRule: false).probability
      }
      let moved = abs(other - value)
      return SelectionMeasure(value: value, slack: moved > least ? moved : least)
    }
  }

  /// The cells that have a row.
  ///
  /// - Parameter count: how many rows there are when not all are traced; those of the largest measures
  ///   count then.
  func cellsWithRows(_ measures: [SelectionMeasure], of count: Int?) -> Set<Int> {
    guard let count else { return Set(entryOfCell.keys) }
    let order = measures.indices.filter { !measures[$0].value.isNaN }
      .sorted { (measures[$1].value, $0) < (measures[$0].value, $1) }
    // NaN is never below a threshold.
    return Set(order.prefix(max(0, count - (measures.count - order.count))))
  }

  /// Cells that have no row although they are selected, or one although they are not; those that
  /// rounding may decide left out.
  ///
  /// - Parameter count: as above.
  func selectionMisses(
    _ recipe: DecodeRecipe, _ evidence: DiagnosisEvidence, of count: Int?
  ) -> Int {
    let threshold = recipe.selection.threshold
    let measures = measures(recipe.selection, recipe, evidence)
    let cells = cellsWithRows(measures, of: count)
    return measures.enumerated().count { cell, measure in
      (measure.value >= threshold) != cells.contains(cell)
        && abs(measure.value - threshold) > measure.slack
    }
  }
}
