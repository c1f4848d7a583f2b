extension Cells {
  /// Where rows of an NMS plugin come from, whatever their order: for each the cell one of whose
  /// classes it is, if there is one.
  ///
  /// - Parameter tolerance: within which a row is known again.
  package func origins(of rows: [Candidate], tolerance: DetectionTolerance) -> [Int?] {
    let lowest = (rows.map(\.score).min() ?? 0) - tolerance.score
    var expected: [Candidate] = []
    withReader { reader in
      reader.forEachStretch { stretch in
        for cell in stretch.firstCell..<stretch.firstCell + stretch.count {
          let objectness = reader.hasObjectness ? reader.objectness(of: cell) : 1
          let classes = reader.classScores(of: cell)
          for index in 0..<classCount {
            let score = objectness * classes[index]
            guard score >= lowest else { continue }
            expected.append(
              Candidate(
                cell: cell, boxInNetworkPixels: reader.box(of: cell), score: score,
                classIndex: reader.classIndex(index, of: cell)))
          }
        }
      }
    }
    let places = OriginSearch.places(of: rows, among: expected, tolerance: tolerance)
    return zip(rows, places).map { row, place in
      guard let known = place.map({ expected[$0] }), known.classIndex == row.classIndex else {
        return nil
      }
      return known.cell
    }
  }
}
