import Detection

extension CellLayout {
  /// Cells that an image may have.
  private static let cellLimit = 1 << 22

  /// - Parameter grids: anchors, rows and columns of each scale.
  init(stored grids: [[Int]], _ decode: RecordedDecode) throws(GoldenError) {
    try require((1...16).contains(grids.count), "\(grids.count) grids")
    var total = 0
    for grid in grids {
      try require(
        grid.count == 3 && grid.allSatisfy { (1...Self.cellLimit).contains($0) }, "a grid")
      let (plane, overflow) = grid[1].multipliedReportingOverflow(by: grid[2])
      try require(!overflow && plane <= Self.cellLimit && grid[0] <= 64, "a grid \(grid)")
      total += grid[0] * plane
    }
    try require(total <= Self.cellLimit, "\(total) cells")
    if let scales = decode.scales {
      try require(
        scales.count == grids.count
          && zip(scales, grids).allSatisfy { $0.anchors.count == $1[0] }, "a number of anchors")
    }
    self.init(grids.map { (anchors: $0[0], rows: $0[1], columns: $0[2]) })
  }

  /// The scale and anchor of each anchor, in order.
  var places: [[Int]] {
    scales.enumerated().flatMap { scale, grid in (0..<grid.anchors).map { [scale, $0] } }
  }

  /// The number of a cell given by scale, anchor, row and column.
  func number(of place: [Int]) throws(GoldenError) -> Int {
    let number =
      place.count == 4
      ? number(of: Cell(scale: place[0], anchor: place[1], row: place[2], column: place[3])) : nil
    guard let number else { throw GoldenError("not a record: it has a cell \(place)") }
    return number
  }
}

extension DetectionTolerance {
  func requireStored() throws(GoldenError) {
    try require(
      [boxPx, score].allSatisfy { $0.isFinite && $0 >= 0 } && boxRelative == nil, "a tolerance")
  }
}
