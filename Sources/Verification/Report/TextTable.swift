/// Columns of equal width.
struct TextTable {
  private var rows: [[String]] = []
  private let numericFrom: Int

  /// - Parameter numericFrom: the first column whose cells are set against their right edge.
  init(numericFrom: Int = .max) { self.numericFrom = numericFrom }

  mutating func add(_ row: [String]) { rows.append(row) }

  var lines: [String] {
    let widths = (rows.first ?? []).indices.map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    return rows.map { row in
      let cells = zip(row, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return column < numericFrom ? cell.0 + padding : padding + cell.0
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
