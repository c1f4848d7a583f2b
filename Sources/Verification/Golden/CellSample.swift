import Detection

extension RecordedImage {
  /// - Throws: that cells are missing which a recording with this seed holds.
  func requireDrawnSample(classCount: Int, seed: Int) throws(GoldenError) {
    let drawn = CellSample.cells(of: layout, classCount: classCount, seed: seed)
    let missing = Set(drawn).subtracting(sample.map(\.cell)).count
    try require(missing == 0, "\(missing) of \(drawn.count) drawn cells missing, a sample")
  }
}

/// Which cells a record holds in full.
enum CellSample {
  /// Numbers of an image's cells that a sample comes to at most; a cell of each anchor is always
  /// taken.
  private static let numberLimit = 3072
  private static let cellsOfAnchorLimit = 8

  /// The numbers of some cells of every anchor of every scale, in order.
  static func cells(of layout: CellLayout, classCount: Int, seed: Int) -> [Int] {
    let anchors = layout.scales.reduce(0) { $0 + $1.anchors }
    let fitting = numberLimit / max(anchors * (5 + classCount), 1)
    let wanted = min(max(fitting, 1), cellsOfAnchorLimit)
    var generator = SplitMix64(seed: UInt64(bitPattern: Int64(seed)))
    return layout.scales.flatMap { scale in
      (0..<scale.anchors).flatMap { anchor in
        let first = scale.firstCell + anchor * scale.cellsPerAnchor
        var chosen: Set<Int> = []
        while chosen.count < min(wanted, scale.cellsPerAnchor) {
          chosen.insert(first + Int(generator.next() % UInt64(scale.cellsPerAnchor)))
        }
        return chosen.sorted()
      }
    }
  }
}
