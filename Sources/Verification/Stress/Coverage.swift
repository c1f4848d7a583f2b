import Detection

/// Which anchors and classes candidates have shown.
struct Coverage {
  private struct ScaleAnchor: Hashable {
    let scale: Int
    let anchor: Int
  }

  private var scaleAnchors: Set<ScaleAnchor> = []
  private var classes: Set<Int> = []
  private(set) var layout: CellLayout?
  private(set) var classCount = 0

  mutating func add(_ evidence: DetectionEvidence) {
    let cells = evidence.cells.original
    layout = cells.layout
    classCount = cells.classCount
    for set in evidence.candidates.both {
      for candidate in set.candidates {
        guard let number = candidate.cell else { continue }
        let cell = cells.layout[number]
        scaleAnchors.insert(ScaleAnchor(scale: cell.scale, anchor: cell.anchor))
        if candidate.classIndex >= 0 { classes.insert(candidate.classIndex) }
      }
    }
  }

  /// Pairs of scale and anchor, in order.
  var orderedScaleAnchors: [[Int]] {
    scaleAnchors.map { [$0.scale, $0.anchor] }.sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }
  }

  var orderedClasses: [Int] { classes.sorted() }
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
