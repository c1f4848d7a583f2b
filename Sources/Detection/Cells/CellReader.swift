import BoxMath
import Glibc
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

  /// - Parameter scales: of float32 tensors.
  init(
    _ layout: CellLayout, classCount: Int, scoring: Cells.Scoring, scales: [CellScale],
    rowOfCell: [Int]?, knownCells: [Int]?
  ) {
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
    return .firstLargest(of: classCount) { scores[$0] }
  }

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

  /// The classes of a stretch, a vector for each, where they stand.
  struct ClassVectors {
    fileprivate let plane: Plane
    fileprivate let first: Int

    subscript(classIndex: Int) -> SIMD16<Float> {
      plane.vector(at: first + classIndex * plane.channelStride)
    }
  }

  /// - Returns: `nil` where the stretch's classes do not stand there as vectors.
  func classVectors(_ stretch: CellStretch) -> ClassVectors? {
    let source = sources[stretch.scale]
    let scores = source.scores
    guard rowOfCell == nil, scores.cellStride == 1, stretch.count == CellBlock.width,
      !scores.isLogit
    else { return nil }
    let skipped = hasObjectness ? scores.channelStride : 0
    return ClassVectors(
      plane: scores, first: index(scores, source.grid, stretch.firstCell) + skipped)
  }

  /// Loads the objectness of a stretch of cells, if there is any, and its classes.
  func loadScores(_ stretch: CellStretch, into block: inout CellBlock, withClasses: Bool) {
    let source = sources[stretch.scale]
    let scores = source.scores
    let first = index(scores, source.grid, stretch.firstCell)
    if hasObjectness { block.objectness = load(stretch, scores, source.grid, first: first) }
    guard withClasses else { return }
    let firstClass = first + (hasObjectness ? scores.channelStride : 0)
    guard scores.cellStride == 1, rowOfCell == nil else {
      loadRows(stretch, source, into: &block)
      return
    }
    for classIndex in 0..<classCount {
      block.classes[classIndex] = load(
        stretch, scores, source.grid, first: firstClass + classIndex * scores.channelStride)
    }
  }

  private func loadBoxes(_ stretch: CellStretch, into block: inout CellBlock) {
    let source = sources[stretch.scale]
    let first = index(source.boxes, source.grid, stretch.firstCell)
    for channel in 0..<4 {
      block.corners[channel] = load(
        stretch, source.boxes, source.grid, first: first + channel * source.boxes.channelStride)
    }
    let scale = scales[stretch.scale]
    if case .corners = scale.encoding { return }
    let columns = source.grid.columns
    var (row, column) = stretch.start.quotientAndRemainder(dividingBy: columns)
    block.corners.withUnsafeMutableBytes { bytes in
      let lanes = bytes.bindMemory(to: Float.self).baseAddress!
      for lane in 0..<stretch.count {
        let channels = (lanes + lane, lanes + lane + 16, lanes + lane + 32, lanes + lane + 48)
        let box = scale.box(
          SIMD4(
            channels.0.pointee, channels.1.pointee, channels.2.pointee, channels.3.pointee),
          anchor: stretch.anchor, row: row, column: column)
        (channels.0.pointee, channels.1.pointee) = (box.x1, box.y1)
        (channels.2.pointee, channels.3.pointee) = (box.x2, box.y2)
        column += 1
        if column == columns { (row, column) = (row + 1, 0) }
      }
    }
  }

  /// One channel of a stretch.
  ///
  /// - Parameter first: the index of the first cell's.
  private func load(
    _ stretch: CellStretch, _ plane: Plane, _ grid: CellLayout.Scale, first: Int
  ) -> SIMD16<Float> {
    var lanes = SIMD16<Float>()
    if rowOfCell != nil {
      let offset = first - index(plane, grid, stretch.firstCell)
      for lane in 0..<stretch.count {
        lanes[lane] = plane.values[index(plane, grid, stretch.firstCell + lane) + offset]
      }
    } else if plane.cellStride == 1, stretch.count == CellBlock.width {
      lanes = plane.vector(at: first)
    } else {
      for lane in 0..<stretch.count { lanes[lane] = plane.values[first + lane * plane.cellStride] }
    }
    guard plane.isLogit else { return lanes }
    for lane in 0..<stretch.count { lanes[lane] = lanes[lane].sigmoid }
    return lanes
  }

  /// All classes of a stretch whose cells are rows.
  private func loadRows(_ stretch: CellStretch, _ source: Source, into block: inout CellBlock) {
    let scores = source.scores
    let step = scores.channelStride
    let skipped = hasObjectness ? step : 0
    block.classes.withUnsafeMutableBytes { bytes in
      let lanes = bytes.bindMemory(to: Float.self).baseAddress!
      if stretch.count < CellBlock.width {
        lanes.update(repeating: 0, count: classCount * CellBlock.width)
      }
      var lane = 0
      // Four rows at a time, four classes of each, stay in registers.
      while step == 1, lane + 4 <= stretch.count {
        var rows = SIMD4<Int>()
        for row in 0..<4 {
          rows[row] = index(scores, source.grid, stretch.firstCell + lane + row) + skipped
        }
        transpose(scores.values, rows, to: lanes + lane)
        lane += 4
      }
      while lane < stretch.count {
        let first = index(scores, source.grid, stretch.firstCell + lane) + skipped
        for classIndex in 0..<classCount {
          lanes[classIndex * CellBlock.width + lane] = scores.values[first + classIndex * step]
        }
        lane += 1
      }
      guard scores.isLogit else { return }
      for classIndex in 0..<classCount {
        for lane in 0..<stretch.count {
          let place = classIndex * CellBlock.width + lane
          lanes[place] = lanes[place].sigmoid
        }
      }
    }
  }

  /// The classes of four rows, side by side.
  ///
  /// - Parameter rows: where each row's first class is.
  private func transpose(
    _ scores: UnsafeBufferPointer<Float>, _ rows: SIMD4<Int>, to lanes: UnsafeMutablePointer<Float>
  ) {
    let whole = classCount & ~3
    precondition(rows.min() >= 0 && rows.max() + classCount <= scores.count)
    let start = UnsafeRawPointer(scores.baseAddress!)
    func four(_ row: Int, _ classIndex: Int) -> SIMD4<Float> {
      start.loadUnaligned(
        fromByteOffset: (rows[row] + classIndex) * MemoryLayout<Float>.stride,
        as: SIMD4<Float>.self)
    }
    for classIndex in stride(from: 0, to: whole, by: 4) {
      let (a, b, c, d) = (
        four(0, classIndex), four(1, classIndex), four(2, classIndex), four(3, classIndex)
      )
      for place in 0..<4 {
        UnsafeMutableRawPointer(lanes + (classIndex + place) * CellBlock.width).storeBytes(
          of: SIMD4(a[place], b[place], c[place], d[place]), as: SIMD4<Float>.self)
      }
    }
    for classIndex in whole..<classCount {
      for row in 0..<4 {
        lanes[classIndex * CellBlock.width + row] = scores[rows[row] + classIndex]
      }
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
  static let width = 16

  var corners = [SIMD16<Float>](repeating: SIMD16(), count: 4)
  var objectness = SIMD16<Float>()
  var classes: [SIMD16<Float>]

  init(classCount: Int) {
    classes = [SIMD16<Float>](repeating: SIMD16(), count: classCount)
  }
}

extension CellScale {
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
