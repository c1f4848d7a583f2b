import BoxMath

/// What one side gave, cell by cell: all cells of a graph, or those that rows were traced to.
struct ObservedCells: Sendable {
  enum Scores: Sendable {
    /// Classes cell by cell.
    case objectnessAndClasses(objectness: [Float], classes: [Float])
    case products([Float])
    case rows(scores: [Float], labels: [Int])
  }

  let layout: CellLayout
  let classCount: Int
  /// Numbers of the cells, ascending; what follows has an entry for each.
  let cells: [Int]
  let boxes: [Box]
  let scores: Scores

  /// The terms that the scores tell of.
  var terms: [Term] {
    switch scores {
    case .objectnessAndClasses: [.center, .size, .objectness, .classes]
    case .products: [.center, .size, .classes]
    case .rows: [.center, .size, .score, .label]
    }
  }

  /// Class probabilities, or products, of an entry.
  func classes(_ entry: Int) -> ArraySlice<Float> {
    switch scores {
    case .objectnessAndClasses(_, let classes), .products(let classes):
      classes[entry * classCount..<(entry + 1) * classCount]
    case .rows: []
    }
  }

  func objectness(_ entry: Int) -> Float? {
    if case .objectnessAndClasses(let objectness, _) = scores { objectness[entry] } else { nil }
  }
}

extension ObservedCells {
  /// The cells of a side, as far as they are known.
  ///
  /// - Parameters:
  ///   - products: whether to take products of objectness and class, as one side has nothing else.
  ///   - isFinite: whether to leave out cells with a NaN or an infinity.
  init(_ cells: Cells, products: Bool, onlyFinite isFinite: Bool = false) {
    let classCount = cells.classCount
    var numbers: [Int] = []
    var boxes: [Box] = []
    var objectness: [Float] = []
    var classes: [Float] = []
    let hasObjectness = cells.withReader { reader in
      var block = CellBlock(classCount: classCount)
      reader.forEachStretch { stretch in
        reader.load(stretch, into: &block)
        for lane in 0..<stretch.count where !isFinite || block.isFinite(lane) {
          numbers.append(stretch.firstCell + lane)
          boxes.append(
            Box(
              x1: block.corners[0][lane], y1: block.corners[1][lane],
              x2: block.corners[2][lane], y2: block.corners[3][lane]))
          objectness.append(block.objectness[lane])
          let factor = products && reader.hasObjectness ? block.objectness[lane] : 1
          for index in 0..<classCount { classes.append(block.classes[index][lane] * factor) }
        }
      }
      return reader.hasObjectness
    }
    self.init(
      layout: cells.layout, classCount: classCount, cells: numbers, boxes: boxes,
      scores: hasObjectness && !products
        ? .objectnessAndClasses(objectness: objectness, classes: classes) : .products(classes))
  }

  /// Rows whose cells are known.
  init(rows: [(cell: Int, row: Candidate)], layout: CellLayout, classCount: Int) {
    let rows = rows.sorted { $0.cell < $1.cell }
    self.init(
      layout: layout, classCount: classCount, cells: rows.map(\.cell),
      boxes: rows.map(\.row.boxInNetworkPixels),
      scores: .rows(scores: rows.map(\.row.score), labels: rows.map(\.row.classIndex)))
  }

  /// The first entry of each scale, and the end.
  var entriesOfScales: [Range<Int>] {
    layout.scales.map { scale in
      let first = lowerBound(scale.firstCell)
      return first..<lowerBound(scale.firstCell + scale.cellCount)
    }
  }

  private func lowerBound(_ cell: Int) -> Int {
    var (low, high) = (0, cells.count)
    while low < high {
      let middle = (low + high) / 2
      if cells[middle] < cell { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension CellBlock {
  /// Whether all numbers of a cell are finite.
  fileprivate func isFinite(_ lane: Int) -> Bool {
    objectness[lane].isFinite && corners.allSatisfy { $0[lane].isFinite }
      && classes.allSatisfy { $0[lane].isFinite }
  }
}
