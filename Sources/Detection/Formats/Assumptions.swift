import BoxMath
import Tensors

/// A meaning of a graph's numbers that nothing shows.
package struct Assumption: Sendable, Equatable {
  /// What is taken for granted, and the option that settles it.
  package let text: String
}

extension Ending {
  /// What is taken for granted of the numbers of some cells, where neither an experiment nor the
  /// graph's structure, nor a declaration, nor the numbers themselves show it.
  ///
  /// - Parameter cells: what the graph gave, read as ``table`` or ``kept`` says.
  package func assumptions(_ cells: Cells) -> [Assumption] {
    // Rows that are known again among another graph's cells say by that what they are.
    guard suppression == nil, let table = table ?? kept?.table, !cells.areUnknown else {
      return []
    }
    var found: [Assumption] = []
    let values = cells.plausibility
    if !shown.boxes, !values.boxes {
      let unit = table.unit.isPixels ? "pixels" : "fractions"
      found.append(
        Assumption(
          text:
            "the boxes in '\(shown: table.boxes.tensor)' are taken for \(table.coding.words) in "
            + "\(unit), which nothing shows; say so with --box-unit "
            + (table.unit.isPixels ? "px" : "1") + " or --columns"))
    }
    if !shown.scores, !values.scores {
      found.append(
        Assumption(
          text: "the scores in '\(shown: table.scores.tensor)' are taken for "
            + (table.activation == .probability ? "probabilities" : "logits")
            + ", which nothing shows; say so with --scores "
            + (table.activation == .probability ? "probability" : "logit")))
    }
    return found
  }
}

extension Cells {
  /// Whether no cell is known.
  fileprivate var areUnknown: Bool { knownCells?.isEmpty ?? false }

  /// Whether the numbers themselves look like boxes in pixels, and like probabilities: boxes with
  /// their corners in order that reach further than 2, scores from 0 to 1 that are not all alike.
  fileprivate var plausibility: (boxes: Bool, scores: Bool) {
    withReader { reader in
      var (furthest, least, largest): (Float, Float, Float) = (0, .infinity, -.infinity)
      var areOrdered = true
      for stretch in reader.stretches {
        let cell = stretch.firstCell
        guard knows(cell) else { continue }
        let box = reader.box(of: cell)
        if !(box.x1 <= box.x2 && box.y1 <= box.y2) { areOrdered = false }
        furthest = max(furthest, box.x2, box.y2)
        let score = reader.objectness(of: cell)
        least = min(least, score)
        largest = max(largest, score)
      }
      return (areOrdered && furthest > 2, least >= 0 && largest <= 1 && least < largest)
    }
  }
}
