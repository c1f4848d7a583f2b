import BoxMath
import Tensors

extension KeptRows {
  /// The tensors a run has to keep.
  var names: [String] {
    table.names
      + (image.map { $0.tensor }.flatMap { table.names.contains($0) ? nil : $0 }.map { [$0] } ?? [])
  }

  /// The rows of one image; those that only fill room are left out: score 0 or below, or no class.
  package func rows(
    in tensors: [String: Tensor], image: Int
  ) throws(DetectionError) -> [Candidate] {
    let boxes = try columns(table.boxes, 4, tensors, image)
    var scores = try columns(table.scores, 1, tensors, image)
    var labels = try table.labels.map { labels throws(DetectionError) in
      try columns(labels, 1, tensors, image)
    }
    if !labelIsTold, let other = labels, scores.areWhole, !other.areWhole {
      (labels, scores) = (scores, other)
    }
    let images = try self.image.map { range throws(DetectionError) in
      try columns(range, 1, tensors, image)
    }
    guard boxes.count == 4 * scores.count, labels.map({ $0.count == scores.count }) ?? true else {
      throw DetectionError(
        "boxes, scores and labels have \(boxes.count / 4), \(scores.count) and "
          + "\(labels?.count ?? 0) rows, expected as many of each")
    }
    return scores.indices.compactMap { row in
      if let images, Int(exactly: images[row].rounded()) != image { return nil }
      let label = labels.map { Int(exactly: $0[row].rounded()) ?? -1 } ?? 0
      guard !(scores[row] <= 0), label >= 0 else { return nil }
      let corners = table.corners { boxes[4 * row + $0] }
      return Candidate(
        row: row,
        boxInNetworkPixels: Box(x1: corners.x, y1: corners.y, x2: corners.z, y2: corners.w),
        score: scores[row], classIndex: label)
    }
  }

  /// How many rows there is room for.
  package func capacity(in tensors: [String: Tensor]) -> Int? {
    guard let shape = tensors[table.boxes.tensor]?.shape, shape.rank == 3 else { return nil }
    return shape[1]
  }

  private func columns(
    _ range: ColumnRange, _ count: Int, _ tensors: [String: Tensor], _ image: Int
  ) throws(DetectionError) -> [Float] {
    guard let tensor = tensors[range.tensor] else {
      throw DetectionError("the run gave no tensor '\(shown: range.tensor)'")
    }
    let shape = tensor.shape
    // Rows of all images in one list have an image column, and no axis for it.
    let isList = self.image != nil
    let images = isList ? 1 : shape.first ?? 1
    let perImage = images > 0 ? shape.elementCount / images : 0
    let isSingle = count == 1 && range.first == 0 && (shape.rank < 3 || shape.last == 1) && !isList
    let width = isSingle ? 1 : shape.last ?? 1
    guard width >= range.first + count, perImage % max(width, 1) == 0, isList || image < images
    else {
      throw DetectionError(
        "'\(shown: range.tensor)' has shape \(shape), expected rows of \(range.first + count) numbers"
      )
    }
    let first = isList ? 0 : image * perImage
    return try tensor.asFloat32().withElements(of: Float.self) { values in
      (0..<perImage / max(width, 1)).flatMap { row in
        (0..<count).map { values[first + row * width + range.first + $0] }
      }
    }
  }
}

extension [Float] {
  fileprivate var areWhole: Bool { allSatisfy { $0 == $0.rounded() } }
}

extension Cells {
  /// Kept rows as cells of their own, one for each.
  package init(rows: [Candidate], capacity: Int? = nil) {
    let layout = CellLayout(rows: max(1, rows.count))
    let known = rows.enumerated().map { place, row in
      KnownCell(
        cell: place, boxInNetworkPixels: row.boxInNetworkPixels, objectness: nil,
        classScores: [row.score])
    }
    let cells = Cells(known: known, layout: layout, classCount: 1, scoring: .products)
    self = cells.labelled { cell in
      rows.indices.contains(cell) ? Int32(truncatingIfNeeded: rows[cell].classIndex) : -1
    }
  }

  /// Which of these cells rows are, whatever their order: each takes the cell it is closest to.
  ///
  /// - Parameters:
  ///   - lowest: rows below this score are left out.
  ///   - allClasses: whether a row that repeats a cell for another of its classes counts.
  package func recognised(
    _ rows: [Candidate], lowest: Float, allClasses: Bool, tolerance: DetectionTolerance
  ) -> [Candidate] {
    let rows = rows.filter { !($0.score < lowest) }
    var expected: [Candidate] = []
    var isBest: [Bool] = []
    let least = lowest - tolerance.score
    withReader { reader in
      reader.forEachStretch { stretch in
        for cell in stretch.firstCell..<stretch.firstCell + stretch.count {
          let objectness = reader.hasObjectness ? reader.objectness(of: cell) : 1
          let best = reader.bestClass(of: cell)
          guard objectness * best.probability >= least else { continue }
          let scores = reader.classScores(of: cell)
          for place in 0..<classCount {
            let score = objectness * scores[place]
            let label = reader.classIndex(place, of: cell)
            guard score >= least else { continue }
            expected.append(
              Candidate(
                cell: cell, boxInNetworkPixels: reader.box(of: cell), score: score,
                classIndex: label))
            isBest.append(label == best.index)
          }
        }
      }
    }
    let places = OriginSearch.places(of: rows, among: expected, tolerance: tolerance)
    return zip(rows, places).compactMap { row, place in
      var row = row
      guard let place else { return row }
      row.cell = expected[place].cell
      return allClasses || isBest[place] || row.classIndex != expected[place].classIndex ? row : nil
    }
  }
}
