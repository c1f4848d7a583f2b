import BoxMath
import Tensors

/// The numbers of one cell.
package struct KnownCell: Sendable, Equatable {
  package var cell: Int
  package var boxInNetworkPixels: Box
  /// `nil` where there are products only.
  package var objectness: Float?
  /// Class probabilities, or products.
  package var classScores: [Float]

  package init(cell: Int, boxInNetworkPixels: Box, objectness: Float?, classScores: [Float]) {
    self.cell = cell
    self.boxInNetworkPixels = boxInNetworkPixels
    self.objectness = objectness
    self.classScores = classScores
  }
}

extension Cells {
  /// Cells of which only some are known. Comparisons and searches pass over the others.
  ///
  /// - Parameter known: each of another cell of the layout and of `classCount` scores; with an
  ///   objectness where the scoring has one.
  package init(
    known: [KnownCell], layout: CellLayout, classCount: Int, scoring: Scoring
  ) {
    let known = known.sorted { $0.cell < $1.cell }
    let scoreCount = classCount + (scoring == .objectnessAndClasses ? 1 : 0)
    let width = 4 + scoreCount
    let rows = Tensor(Float.self, shape: [known.count + 1, width]) { values in
      // What is not known reads as the last row.
      values.update(repeating: .nan)
      for (row, cell) in known.enumerated() {
        let corners = cell.boxInNetworkPixels.corners
        let scores =
          (scoring == .objectnessAndClasses ? [cell.objectness ?? .nan] : [])
          + cell.classScores
        precondition(scores.count == scoreCount)
        for axis in 0..<4 { values[row * width + axis] = corners[axis] }
        for (place, score) in scores.enumerated() { values[row * width + 4 + place] = score }
      }
    }
    var rowOfCell = [Int](repeating: known.count, count: layout.cellCount)
    for (row, cell) in known.enumerated() { rowOfCell[cell.cell] = row }
    self.init(
      layout: layout, classCount: classCount, scoring: scoring,
      scales: layout.scales.map { grid in
        func channels(from channel: Int) -> CellScale.Channels {
          CellScale.Channels(
            rowsOf: rows, first: grid.firstCell * width + channel, width: width, grid)
        }
        return CellScale(
          grid: grid, encoding: .corners, boxes: channels(from: 0), scores: channels(from: 4))
      }, rowOfCell: rowOfCell, knownCells: known.map(\.cell))
  }

  /// The numbers of one cell.
  package func known(_ cell: Int) -> KnownCell {
    withReader { reader in
      KnownCell(
        cell: cell, boxInNetworkPixels: reader.box(of: cell),
        objectness: reader.hasObjectness ? reader.objectness(of: cell) : nil,
        classScores: classScores(of: cell))
    }
  }
}
