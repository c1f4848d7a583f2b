import BoxMath

/// What a column of an output is, and how that is known.
public struct ColumnMeaning: Sendable, Codable, Equatable {
  public enum Evidence: String, Sendable, Codable {
    /// Synthetic maps went through the graph's decode.
    case experiment
    /// The nodes that made the column, or a plugin's attributes.
    case structure
    /// The numbers of a run.
    case values
    /// The user's word.
    case declared
    /// Nothing but names and shapes.
    case assumed
  }

  public var tensor: String
  /// Counted from the first of a cell or row; the last of several alike, for classes.
  public var column: Int
  public var meaning: String
  /// `px`, `1` (fractions), `probability` or `logit`; absent for a label.
  public var unit: String?
  public var shownBy: Evidence
}

extension Ending {
  /// What the columns of the graph's outputs are; empty where they are head maps or not known.
  package var columns: [ColumnMeaning] {
    guard let table = table ?? kept?.table else { return [] }
    let box = boxEvidence
    var found: [ColumnMeaning] = []
    var names = table.coding == .corners ? ["x1", "y1", "x2", "y2"] : ["cx", "cy", "w", "h"]
    if table.isYFirst { names = [names[1], names[0], names[3], names[2]] }
    for (place, name) in names.enumerated() {
      found.append(
        ColumnMeaning(
          tensor: table.boxes.tensor, column: table.boxes.first + place, meaning: name,
          unit: table.unit.isPixels ? "px" : "1", shownBy: box))
    }
    let unit = table.activation == .probability ? "probability" : "logit"
    func score(_ place: Int, _ meaning: String) {
      found.append(
        ColumnMeaning(
          tensor: table.scores.tensor, column: table.scores.first + place, meaning: meaning,
          unit: unit, shownBy: scoreEvidence))
    }
    switch table.kind {
    case .best: score(0, "score")
    case .objectnessAndClasses:
      score(0, "objectness")
      for index in 0..<(classCount ?? 0) { score(1 + index, "class \(index)") }
    case .products: for index in 0..<(classCount ?? 0) { score(index, "class \(index)") }
    }
    if let labels = table.labels {
      found.append(
        ColumnMeaning(
          tensor: labels.tensor, column: labels.first, meaning: "label", unit: nil,
          shownBy: .structure))
    }
    return found
  }

  private var boxEvidence: ColumnMeaning.Evidence {
    shown.boxes
      ? (hasDecode ? .experiment : .structure) : suppression == nil ? .assumed : .structure
  }

  private var scoreEvidence: ColumnMeaning.Evidence {
    shown.scores
      ? (hasDecode ? .experiment : .structure) : suppression == nil ? .assumed : .structure
  }

  /// Whether cells were traced through the graph's decode.
  private var hasDecode: Bool { geometry.map { $0.layout.scales.count > 1 } ?? false }
}
