import BoxMath
import Tensors

extension Cells {
  /// Whether only the best score of each cell is known, and its class.
  package var haveBestOnly: Bool { labels != nil }

  /// The best product of each cell and its class alone, as formats with a label column hold them.
  package func best() -> Cells {
    guard labels == nil else { return self }
    var labels = [Int32](repeating: -1, count: layout.cellCount)
    var known: [KnownCell] = []
    known.reserveCapacity(layout.cellCount)
    withReader { reader in
      reader.forEachStretch { stretch in
        for cell in stretch.firstCell..<stretch.firstCell + stretch.count {
          let choice = reader.bestClass(of: cell)
          let product =
            reader.hasObjectness
            ? reader.objectness(of: cell) * choice.probability : choice.probability
          labels[cell] = Int32(truncatingIfNeeded: choice.index)
          known.append(
            KnownCell(
              cell: cell, boxInNetworkPixels: reader.box(of: cell), objectness: nil,
              classScores: [product]))
        }
      }
    }
    let rows = Cells(known: known, layout: layout, classCount: 1, scoring: .products)
    return Cells(
      layout: layout, classCount: 1, scoring: .products, scales: rows.scales,
      rowOfCell: rows.rowOfCell, knownCells: knownCells == nil ? nil : rows.knownCells,
      labels: labels, complete: self)
  }

  /// Whether the class of a cell's best score may as well be `label`: the scores of both are within
  /// the tolerance.
  func mayBe(_ label: Int32, _ cell: Int, tolerance: DetectionTolerance) -> Bool {
    guard let labels, labels[cell] != label else { return true }
    guard let all = withAllClasses, (0..<all.classCount).contains(Int(label)) else { return false }
    let scores = all.classScores(of: cell)
    let factor = all.scoring == .objectnessAndClasses ? all.objectness(of: cell) : 1
    return abs(scores[Int(label)] - scores[Int(labels[cell])]) * factor <= tolerance.score
  }
}

extension CellComparison {
  /// Adds cells whose best classes differ though their best scores say that there is an object.
  mutating func addClasses(_ left: Cells, _ right: Cells, _ tolerance: DetectionTolerance) {
    guard let a = left.labels, let b = right.labels else { return }
    var known = Set(differentCells)
    for cell in a.indices where a[cell] != b[cell] && left.knows(cell) && right.knows(cell) {
      let scores = [left, right].map { $0.objectness(of: cell) }
      guard scores.contains(where: { $0 > 2 * tolerance.score }),
        !left.mayBe(b[cell], cell, tolerance: tolerance)
          || left.withAllClasses == nil,
        !right.mayBe(a[cell], cell, tolerance: tolerance)
          || right.withAllClasses == nil
      else { continue }
      classMismatches += 1
      if worst == nil {
        worst = left.layout[cell]
        worstClass = Int(a[cell])
      }
      guard known.insert(cell).inserted else { continue }
      different += 1
      differentCells.append(cell)
    }
    differentCells.sort()
  }
}
