/// Another threshold decides which cells become rows, or it is applied to something else.
enum SelectionHypotheses {
  static let ids = ["threshold-value", "threshold-on-score"]

  struct Found {
    let ids: [String]
    let selection: DecodeRecipe.Selection
    let text: String
  }

  /// - Parameters:
  ///   - hasRows: whether there is any row.
  ///   - cells: what a rule of selection looks at, for each cell, and the cells that have a row.
  ///   - configured: the threshold the other side is known to have.
  static func explanations(
    of selection: DecodeRecipe.Selection, configured: Float?, hasRows: Bool,
    cells: (DecodeRecipe.Selection) -> (measures: [SelectionMeasure], withRows: Set<Int>)
  ) -> [Found] {
    var onScore = selection
    onScore.measure = selection.measure == .objectness ? .product : .objectness
    let onScoreText =
      onScore.measure == .product
      ? "the threshold is applied to the score, objectness times class, expected objectness alone"
      : "the threshold is applied to the objectness, expected objectness times class"
    // No row at all tells of no threshold.
    guard hasRows || configured != nil else { return [] }
    var found: [Found] = []
    for (rule, ids, text) in [
      (selection, [], nil), (onScore, ["threshold-on-score"], onScoreText),
    ] as [(DecodeRecipe.Selection, [String], String?)] {
      let cells = cells(rule)
      let room = bounds(cells.measures, cells.withRows)
      if let text, room.contains(rule.threshold) {
        found.append(Found(ids: ids, selection: rule, text: text))
      } else if !room.isEmpty, !room.contains(selection.threshold) {
        var changed = rule
        let known = configured.map(Double.init).flatMap { room.contains($0) ? $0 : nil }
        changed.threshold = known ?? room.simplest
        let about = known == nil ? "about " : ""
        let value =
          "the threshold is \(about)\(changed.threshold.short), expected \(rule.threshold.short)"
        found.append(
          Found(
            ids: ids + ["threshold-value"], selection: changed,
            text: [text, value].compactMap { $0 }.joined(separator: ", and ")))
      }
    }
    return found
  }

  /// Thresholds that would select just the cells with rows: above `below`, up to `upTo`.
  private struct Room {
    var below: Double
    var upTo: Double

    var isEmpty: Bool { !(below < upTo) }

    func contains(_ threshold: Double) -> Bool { below < threshold && threshold <= upTo }

    /// The threshold with the fewest decimals.
    var simplest: Double {
      var unit = 1.0
      for _ in 0..<7 {
        let rounded = (upTo * unit).rounded(.down) / unit
        if contains(rounded) { return rounded }
        unit *= 10
      }
      return upTo
    }
  }

  private static func bounds(
    _ measures: [SelectionMeasure], _ rows: Set<Int>
  ) -> Room {
    var room = Room(below: -1, upTo: 1)
    for (cell, measure) in measures.enumerated() where measure.value.isFinite {
      if rows.contains(cell) {
        room.upTo = min(room.upTo, measure.value + measure.slack)
      } else {
        room.below = max(room.below, measure.value - measure.slack)
      }
    }
    return room
  }
}
