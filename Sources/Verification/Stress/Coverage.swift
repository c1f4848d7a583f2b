import Detection

/// Which anchors and classes candidates have shown.
struct Coverage {
  /// For each scale and each of its anchors, whether a candidate has shown it.
  private var anchors: [[Bool]] = []
  /// For each class, whether a candidate has shown it.
  private var classes: [Bool] = []
  private(set) var layout: CellLayout?
  private(set) var classCount = 0

  mutating func add(_ evidence: DetectionEvidence) {
    let cells = evidence.cells.original
    layout = cells.layout
    classCount = cells.classCount
    classes.extend(to: cells.classCount)
    while anchors.count < cells.layout.scales.count { anchors.append([]) }
    for (scale, grid) in cells.layout.scales.enumerated() {
      anchors[scale].extend(to: grid.anchors)
    }
    for set in evidence.candidates.both {
      for candidate in set.candidates {
        guard let number = candidate.cell else { continue }
        let cell = cells.layout[number]
        anchors[cell.scale][cell.anchor] = true
        if classes.indices.contains(candidate.classIndex) { classes[candidate.classIndex] = true }
      }
    }
  }

  /// Pairs of scale and anchor, in order.
  var orderedScaleAnchors: [[Int]] {
    anchors.enumerated().flatMap { scale, anchors in
      anchors.indices.filter { anchors[$0] }.map { [scale, $0] }
    }
  }

  var orderedClasses: [Int] { classes.indices.filter { classes[$0] } }
}

extension [Bool] {
  /// As many elements at least, `false` where there were none.
  fileprivate mutating func extend(to count: Int) {
    if self.count < count { self += repeatElement(false, count: count - self.count) }
  }
}

extension CoverageReport {
  /// - Returns: `nil` where no cells were compared.
  init?(images: Coverage, stress: Coverage) {
    guard let layout = images.layout ?? stress.layout else { return nil }
    self.init()
    imagesScaleAnchors = images.orderedScaleAnchors
    stressScaleAnchors = stress.orderedScaleAnchors
    imagesClasses = images.orderedClasses
    stressClasses = stress.orderedClasses
    scaleAnchorCount = layout.scales.reduce(0) { $0 + $1.anchors }
    classCount = max(images.classCount, stress.classCount)
  }
}
