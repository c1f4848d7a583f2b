import BoxMath
import Glibc
import Kernels
import Tensors

/// Direct access to cells, whose tensors it keeps alive: nobody writes to them any more.
struct CellReader: @unchecked Sendable {
  /// The channels of one scale, by address alone: handing it around counts no references.
  private struct Source {
    let grid: CellLayout.Scale
    let boxes: Plane
    let scores: Plane
  }

  fileprivate struct Plane {
    let values: UnsafeBufferPointer<Float>
    let places: CellScale.Places
    let isLogit: Bool

    init(_ channels: CellScale.Channels) {
      values = channels.tensor.unsafeElements(of: Float.self)
      places = channels.places
      isLogit = channels.isLogit
    }

    var cellStride: Int { places.cellStride }
    var channelStride: Int { places.channelStride }

    func value(at index: Int) -> Float {
      let value = values[index]
      return isLogit ? value.sigmoid : value
    }

    /// Neighbours as they stand.
    func vector(at index: Int) -> SIMD16<Float> {
      UnsafeRawBufferPointer(values).loadUnaligned(
        fromByteOffset: index * MemoryLayout<Float>.stride, as: SIMD16<Float>.self)
    }
  }

  let layout: CellLayout
  let classCount: Int
  let hasObjectness: Bool
  private let scales: [CellScale]
  private let sources: [Source]
  private let rowOfCell: [Int]?
  private let knownCells: [Int]?
  /// For each cell the class of its only score.
  private let labels: [Int32]?

  /// - Parameter scales: of float32 tensors.
  init(
    _ layout: CellLayout, classCount: Int, scoring: Cells.Scoring, scales: [CellScale],
    rowOfCell: [Int]?, knownCells: [Int]?, labels: [Int32]?
  ) {
    self.labels = labels
    self.layout = layout
    self.classCount = classCount
    self.rowOfCell = rowOfCell
    self.knownCells = knownCells
    hasObjectness = scoring == .objectnessAndClasses
    self.scales = scales
    sources = scales.map {
      Source(grid: $0.grid, boxes: Plane($0.boxes), scores: Plane($0.scores))
    }
  }

  /// The index of the first channel of a cell.
  private func index(_ plane: Plane, _ grid: CellLayout.Scale, _ cell: Int) -> Int {
    plane.places.index(of: cell, in: grid, rowOfCell: rowOfCell)
  }

  // MARK: Single cells

  func box(of cell: Int) -> Box {
    let place = layout[cell]
    let source = sources[place.scale]
    let first = index(source.boxes, source.grid, cell)
    var values = SIMD4<Float>()
    for channel in 0..<4 {
      values[channel] = source.boxes.value(at: first + channel * source.boxes.channelStride)
    }
    return scales[place.scale].box(
      values, anchor: place.anchor, row: place.row, column: place.column)
  }

  /// Objectness, or the largest product where there is none.
  func objectness(of cell: Int) -> Float {
    guard hasObjectness else { return bestClass(of: cell).probability }
    let source = sources[layout.scale(of: cell)]
    return source.scores.value(at: index(source.scores, source.grid, cell))
  }

  /// The class probabilities (or products) of a cell, read one by one.
  struct ClassScores {
    fileprivate let plane: Plane
    fileprivate let first: Int

    subscript(classIndex: Int) -> Float {
      plane.value(at: first + classIndex * plane.channelStride)
    }
  }

  func classScores(of cell: Int) -> ClassScores {
    let source = sources[layout.scale(of: cell)]
    let skipped = hasObjectness ? source.scores.channelStride : 0
    return ClassScores(
      plane: source.scores, first: index(source.scores, source.grid, cell) + skipped)
  }

  func bestClass(of cell: Int) -> ClassChoice<Float> {
    let scores = classScores(of: cell)
    // A sigmoid keeps the order of the classes, but may make two of them equal.
    let choice = ClassChoice.firstLargest(of: classCount) { scores[$0] }
    return ClassChoice(index: classIndex(choice.index, of: cell), probability: choice.probability)
  }

  /// The class that the score at a place of a cell is of.
  func classIndex(_ place: Int, of cell: Int) -> Int { labels.map { Int($0[cell]) } ?? place }

  // MARK: Blocks

  /// The cells in stretches of one anchor that fit a block; one by one, where not all are known.
  var stretches: [CellStretch] {
    if let knownCells { return knownCells.map { CellStretch(of: $0, in: layout) } }
    var stretches: [CellStretch] = []
    for (scale, grid) in layout.scales.enumerated() {
      for anchor in 0..<grid.anchors {
        for start in stride(from: 0, to: grid.cellsPerAnchor, by: CellBlock.width) {
          stretches.append(
            CellStretch(
              scale: scale, anchor: anchor, start: start,
              count: min(CellBlock.width, grid.cellsPerAnchor - start),
              firstCell: grid.firstCell + anchor * grid.cellsPerAnchor + start))
        }
      }
    }
    return stretches
  }

  /// Calls `body` for each of the ``stretches``.
  func forEachStretch(_ body: (_ stretch: CellStretch) throws -> Void) rethrows {
    for stretch in stretches { try body(stretch) }
  }

  /// Loads a stretch of cells, channel by channel; lanes behind its end are zero.
  func load(_ stretch: CellStretch, into block: inout CellBlock, withClasses: Bool = true) {
    loadBoxes(stretch, into: &block)
    loadScores(stretch, into: &block, withClasses: withClasses)
  }

  /// The classes of a stretch where they stand; `nil` where they do not stand there side by side.
  func classesInPlace(_ stretch: CellStretch) -> CellBlocks.Channels? {
    let source = sources[stretch.scale]
    let scores = source.scores
    guard rowOfCell == nil, scores.cellStride == 1, stretch.count == CellBlock.width,
      !scores.isLogit
    else { return nil }
    let skipped = hasObjectness ? scores.channelStride : 0
    return CellBlocks.Channels(
      scores.values, first: index(scores, source.grid, stretch.firstCell) + skipped,
      stride: scores.channelStride, count: classCount)
  }

  /// Loads the objectness of a stretch of cells, if there is any, and its classes.
  func loadScores(_ stretch: CellStretch, into block: inout CellBlock, withClasses: Bool) {
    let source = sources[stretch.scale]
    let scores = source.scores
    if hasObjectness {
      let first = index(scores, source.grid, stretch.firstCell)
      block.objectness = load(stretch, scores, source.grid, first: first)
    }
    guard withClasses else { return }
    let skipped = hasObjectness ? 1 : 0
    load(
      skipped..<skipped + classCount, of: stretch, scores, source.grid, into: &block.classes)
  }

  private func loadBoxes(_ stretch: CellStretch, into block: inout CellBlock) {
    let source = sources[stretch.scale]
    load(0..<4, of: stretch, source.boxes, source.grid, into: &block.corners)
    scales[stretch.scale].makeBoxes(of: stretch, &block.corners)
  }

  /// One channel of a stretch.
  ///
  /// - Parameter first: the index of the first cell's.
  private func load(
    _ stretch: CellStretch, _ plane: Plane, _ grid: CellLayout.Scale, first: Int
  ) -> SIMD16<Float> {
    if rowOfCell == nil, stretch.count == CellBlock.width, !plane.isLogit {
      return plane.cellStride == 1
        ? plane.vector(at: first)
        : CellBlocks.gather(plane.values, first: first, stride: plane.cellStride)
    }
    var lanes = SIMD16<Float>()
    // Lane by lane in memory: a lane of a vector that is not known beforehand costs a copy of all.
    withUnsafeMutableBytes(of: &lanes) { bytes in
      let lanes = bytes.assumingMemoryBound(to: Float.self)
      if rowOfCell != nil {
        let offset = first - index(plane, grid, stretch.firstCell)
        for lane in 0..<stretch.count {
          lanes[lane] = plane.values[index(plane, grid, stretch.firstCell + lane) + offset]
        }
      } else {
        for lane in 0..<stretch.count {
          lanes[lane] = plane.values[first + lane * plane.cellStride]
        }
      }
      guard plane.isLogit else { return }
      for lane in 0..<stretch.count { lanes[lane] = lanes[lane].sigmoid }
    }
    return lanes
  }

  /// Neighbouring channels of a stretch, a vector for each.
  private func load(
    _ channels: Range<Int>, of stretch: CellStretch, _ plane: Plane, _ grid: CellLayout.Scale,
    into vectors: inout [SIMD16<Float>]
  ) {
    let areRows = rowOfCell != nil || plane.cellStride != 1
    guard areRows, plane.channelStride == 1, stretch.count == CellBlock.width else {
      let first = index(plane, grid, stretch.firstCell)
      for (place, channel) in channels.enumerated() {
        vectors[place] = load(stretch, plane, grid, first: first + channel * plane.channelStride)
      }
      return
    }
    vectors.withUnsafeMutableBytes { bytes in
      let lanes = bytes.bindMemory(to: Float.self)
      withUnsafeTemporaryAllocation(of: Int.self, capacity: CellBlock.width) { rows in
        for lane in 0..<CellBlock.width {
          rows[lane] = index(plane, grid, stretch.firstCell + lane) + channels.lowerBound
        }
        CellBlocks.transpose(
          plane.values, rows: UnsafeBufferPointer(rows), count: channels.count, into: lanes)
      }
      guard plane.isLogit else { return }
      for place in lanes.indices { lanes[place] = lanes[place].sigmoid }
    }
  }
}

/// Neighbouring cells of one anchor, in the order of rows and columns.
struct CellStretch {
  let scale: Int
  let anchor: Int
  /// The first one's place within its anchor.
  let start: Int
  let count: Int
  let firstCell: Int
}

extension CellStretch {
  /// A single cell.
  fileprivate init(of cell: Int, in layout: CellLayout) {
    let place = layout[cell]
    let start = place.row * layout.scales[place.scale].columns + place.column
    self.init(
      scale: place.scale, anchor: place.anchor, start: start, count: 1, firstCell: cell)
  }
}

/// The numbers of up to 16 cells, one vector for each channel.
struct CellBlock {
  static let width = CellBlocks.width

  /// The box, channel by channel: its corners, once it is made.
  var corners = [SIMD16<Float>](repeating: SIMD16(), count: 4)
  var objectness = SIMD16<Float>()
  var classes: [SIMD16<Float>]

  init(classCount: Int) {
    classes = [SIMD16<Float>](repeating: SIMD16(), count: classCount)
  }
}

extension CellBlock {
  /// Calls `body` with the classes, as they were loaded.
  func withClasses<Result>(_ body: (CellBlocks.Channels) -> Result) -> Result {
    classes.withUnsafeBytes {
      body(
        CellBlocks.Channels(
          $0.bindMemory(to: Float.self), first: 0, stride: Self.width, count: classes.count))
    }
  }
}

extension CellScale {
  /// Makes corners of the box channels of a stretch, the bits of ``box(_:anchor:row:column:)``.
  fileprivate func makeBoxes(of stretch: CellStretch, _ channels: inout [SIMD16<Float>]) {
    if case .corners = encoding { return }
    channels.withUnsafeMutableBytes { bytes in
      let (x, y) = (bytes.bindMemory(to: Float.self).baseAddress!, CellBlock.width)
      let (width, height) = (2 * CellBlock.width, 3 * CellBlock.width)
      switch encoding {
      case .corners: break
      case .centerAndSize:
        for lane in 0..<CellBlock.width {
          let box = Box(
            centerX: x[lane], centerY: x[lane + y], width: x[lane + width],
            height: x[lane + height])
          (x[lane], x[lane + y]) = (box.x1, box.y1)
          (x[lane + width], x[lane + height]) = (box.x2, box.y2)
        }
      case .head(let decoder):
        let decoder = decoder.ofAnchor(stretch.anchor)
        var (row, column) = stretch.start.quotientAndRemainder(dividingBy: grid.columns)
        for lane in 0..<stretch.count {
          let box = decoder.corners(
            x: x[lane], y: x[lane + y], width: x[lane + width], height: x[lane + height],
            row: Float(row), column: Float(column))
          (x[lane], x[lane + y]) = (box.x1, box.y1)
          (x[lane + width], x[lane + height]) = (box.x2, box.y2)
          column += 1
          if column == grid.columns { (row, column) = (row + 1, 0) }
        }
      }
    }
  }

  /// The box that four channels stand for.
  func box(_ values: SIMD4<Float>, anchor: Int, row: Int, column: Int) -> Box {
    switch encoding {
    case .corners: return Box(x1: values.x, y1: values.y, x2: values.z, y2: values.w)
    case .centerAndSize:
      return Box(centerX: values.x, centerY: values.y, width: values.z, height: values.w)
    case .head(let decoder):
      let corners = decoder.corners(
        x: values.x, y: values.y, width: values.z, height: values.w, anchor: anchor, row: row,
        column: column)
      return Box(x1: corners.x1, y1: corners.y1, x2: corners.x2, y2: corners.y2)
    }
  }
}

extension Float {
  fileprivate var sigmoid: Float { 1 / (1 + Glibc.exp(-self)) }
}
