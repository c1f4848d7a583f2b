/// A cell of a detector's heads: one anchor at one place of one scale.
public struct Cell: Sendable, Hashable, Codable {
  /// 0 is the finest scale.
  public var scale: Int
  public var anchor: Int
  public var row: Int
  public var column: Int

  public init(scale: Int, anchor: Int, row: Int, column: Int) {
    self.scale = scale
    self.anchor = anchor
    self.row = row
    self.column = column
  }
}

extension Cell: CustomStringConvertible {
  public var description: String {
    "scale \(scale), anchor \(anchor), row \(row), column \(column)"
  }
}

/// How many cells a detector has and in which order they count: by scale, finest first, then by
/// anchor, row and column.
package struct CellLayout: Sendable, Equatable {
  package struct Scale: Sendable, Equatable {
    package let anchors: Int
    package let rows: Int
    package let columns: Int
    /// The number of the scale's first cell.
    package let firstCell: Int

    /// Cells of one anchor.
    package var cellsPerAnchor: Int { rows * columns }
    package var cellCount: Int { anchors * rows * columns }
  }

  package let scales: [Scale]
  package let cellCount: Int

  /// - Parameter grids: the scales, finest first. Their cells must be few enough to be tensors.
  package init(_ grids: [(anchors: Int, rows: Int, columns: Int)]) {
    var scales: [Scale] = []
    var first = 0
    for grid in grids {
      scales.append(
        Scale(
          anchors: grid.anchors, rows: grid.rows, columns: grid.columns, firstCell: first))
      first += grid.anchors * grid.rows * grid.columns
    }
    self.scales = scales
    cellCount = first
  }

  /// Rows of which nothing is known but their number: one scale, one column.
  package init(rows: Int) { self.init([(anchors: 1, rows: rows, columns: 1)]) }

  /// - Precondition: `number` is below ``cellCount``.
  package subscript(_ number: Int) -> Cell {
    let index = scale(of: number)
    let scale = scales[index]
    let (anchor, place) = (number - scale.firstCell).quotientAndRemainder(
      dividingBy: scale.cellsPerAnchor)
    let (row, column) = place.quotientAndRemainder(dividingBy: scale.columns)
    return Cell(scale: index, anchor: anchor, row: row, column: column)
  }

  /// The scale that a cell is of.
  ///
  /// - Precondition: `number` is below ``cellCount``.
  package func scale(of number: Int) -> Int {
    scales.lastIndex { $0.firstCell <= number && $0.cellCount > 0 }!
  }

  /// The number of a cell, when the layout has it.
  package func number(of cell: Cell) -> Int? {
    guard scales.indices.contains(cell.scale) else { return nil }
    let scale = scales[cell.scale]
    guard (0..<scale.anchors).contains(cell.anchor), (0..<scale.rows).contains(cell.row),
      (0..<scale.columns).contains(cell.column)
    else { return nil }
    return scale.firstCell + (cell.anchor * scale.rows + cell.row) * scale.columns + cell.column
  }
}
