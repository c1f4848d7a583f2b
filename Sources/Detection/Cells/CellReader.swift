import BoxMath
import Foundation
import Tensors

/// Direct access to cells, whose tensors it keeps alive: nobody writes to them any more.
struct CellReader: @unchecked Sendable {
  private struct Source {
    let scale: CellScale
    let boxes: UnsafeBufferPointer<Float>
    let scores: UnsafeBufferPointer<Float>
  }

  let layout: CellLayout
  let classCount: Int
  let hasObjectness: Bool
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
    sources = scales.map { scale in
      Source(
        scale: scale, boxes: scale.boxes.tensor.unsafeElements(of: Float.self),
        scores: scale.scores.tensor.unsafeElements(of: Float.self))
    }
  }

  /// The index of the first channel of a cell.
  private func index(_ channels: CellScale.Channels, _ grid: CellLayout.Scale, _ cell: Int) -> Int {
    channels.index(of: cell, in: grid, rowOfCell: rowOfCell)
  }

  // MARK: Single cells

  func box(of cell: Int) -> Box {
    let place = layout[cell]
    let source = sources[place.scale]
    let channels = source.scale.boxes
    let first = index(channels, source.scale.grid, cell)
    var values = SIMD4<Float>()
    for channel in 0..<4 {
      values[channel] = source.boxes[first + channel * channels.channelStride]
    }
    if channels.isLogit {
      for channel in 0..<4 { values[channel] = values[channel].sigmoid }
    }
    return source.scale.box(values, anchor: place.anchor, row: place.row, column: place.column)
  }

  /// Objectness, or the largest product where there is none.
  func objectness(of cell: Int) -> Float {
    hasObjectness ? score(0, of: cell) : bestClass(of: cell).probability
  }

  func classScore(_ classIndex: Int, of cell: Int) -> Float {
    score(classIndex + (hasObjectness ? 1 : 0), of: cell)
  }

  private func score(_ channel: Int, of cell: Int) -> Float {
    let source = sources[layout[cell].scale]
    let channels = source.scale.scores
    let first = index(channels, source.scale.grid, cell)
    let value = source.scores[first + channel * channels.channelStride]
    return channels.isLogit ? value.sigmoid : value
  }

  func bestClass(of cell: Int) -> ClassChoice<Float> {
    let source = sources[layout[cell].scale]
    let channels = source.scale.scores
    let first =
      index(channels, source.scale.grid, cell) + (hasObjectness ? channels.channelStride : 0)
    // A sigmoid keeps the order of the classes, but may make two of them equal.
    let isLogit = channels.isLogit
    return .firstLargest(of: classCount) { classIndex in
      let value = source.scores[first + classIndex * channels.channelStride]
      return isLogit ? value.sigmoid : value
    }
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
  func load(_ stretch: CellStretch, into block: inout CellBlock) {
    loadBoxes(stretch, sources[stretch.scale], into: &block)
    loadScores(stretch, into: &block, withClasses: true)
  }

  /// Loads the objectness of a stretch of cells, if there is any, and its classes.
  func loadScores(_ stretch: CellStretch, into block: inout CellBlock, withClasses: Bool) {
    let source = sources[stretch.scale]
    let channels = source.scale.scores
    if hasObjectness {
      block.objectness = load(stretch, source.scores, channels, channel: 0, source.scale.grid)
    }
    guard withClasses else { return }
    let firstChannel = hasObjectness ? 1 : 0
    if channels.cellStride == 1, rowOfCell == nil {
      for classIndex in 0..<classCount {
        block.classes[classIndex] = load(
          stretch, source.scores, channels, channel: firstChannel + classIndex, source.scale.grid)
      }
    } else {
      loadRows(stretch, source, firstChannel: firstChannel, into: &block)
    }
  }

  private func loadBoxes(_ stretch: CellStretch, _ source: Source, into block: inout CellBlock) {
    let scale = source.scale
    func channel(_ channel: Int) -> SIMD16<Float> {
      load(stretch, source.boxes, scale.boxes, channel: channel, scale.grid)
    }
    let (a, b, c, d) = (channel(0), channel(1), channel(2), channel(3))
    var corners = (SIMD16<Float>(), SIMD16<Float>(), SIMD16<Float>(), SIMD16<Float>())
    switch scale.encoding {
    case .corners: corners = (a, b, c, d)
    case .centerAndSize:
      for lane in 0..<stretch.count {
        let box = Box(centerX: a[lane], centerY: b[lane], width: c[lane], height: d[lane])
        (corners.0[lane], corners.1[lane]) = (box.x1, box.y1)
        (corners.2[lane], corners.3[lane]) = (box.x2, box.y2)
      }
    case .head(let decoder):
      for lane in 0..<stretch.count {
        let (row, column) = (stretch.start + lane).quotientAndRemainder(
          dividingBy: scale.grid.columns)
        let box = decoder.corners(
          x: a[lane], y: b[lane], width: c[lane], height: d[lane], anchor: stretch.anchor,
          row: row, column: column)
        (corners.0[lane], corners.1[lane]) = (box.x1, box.y1)
        (corners.2[lane], corners.3[lane]) = (box.x2, box.y2)
      }
    }
    block.corners = [corners.0, corners.1, corners.2, corners.3]
  }

  /// One channel of a stretch.
  private func load(
    _ stretch: CellStretch, _ values: UnsafeBufferPointer<Float>, _ channels: CellScale.Channels,
    channel: Int, _ grid: CellLayout.Scale
  ) -> SIMD16<Float> {
    let first = index(channels, grid, stretch.firstCell) + channel * channels.channelStride
    var lanes = SIMD16<Float>()
    if rowOfCell != nil {
      for lane in 0..<stretch.count {
        lanes[lane] =
          values[
            index(channels, grid, stretch.firstCell + lane) + channel * channels.channelStride
          ]
      }
    } else if channels.cellStride == 1, stretch.count == CellBlock.width {
      lanes = UnsafeRawBufferPointer(values).loadUnaligned(
        fromByteOffset: first * MemoryLayout<Float>.stride, as: SIMD16<Float>.self)
    } else {
      for lane in 0..<stretch.count { lanes[lane] = values[first + lane * channels.cellStride] }
    }
    guard channels.isLogit else { return lanes }
    for lane in 0..<stretch.count { lanes[lane] = lanes[lane].sigmoid }
    return lanes
  }

  /// All classes of a stretch whose cells are rows.
  private func loadRows(
    _ stretch: CellStretch, _ source: Source, firstChannel: Int, into block: inout CellBlock
  ) {
    let channels = source.scale.scores
    let step = channels.channelStride
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
          rows[row] =
            index(channels, source.scale.grid, stretch.firstCell + lane + row) + firstChannel
        }
        transpose(source.scores, rows, to: lanes + lane)
        lane += 4
      }
      while lane < stretch.count {
        let first =
          index(channels, source.scale.grid, stretch.firstCell + lane) + firstChannel * step
        for classIndex in 0..<classCount {
          lanes[classIndex * CellBlock.width + lane] = source.scores[first + classIndex * step]
        }
        lane += 1
      }
      guard channels.isLogit else { return }
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
  fileprivate var sigmoid: Float { 1 / (1 + Foundation.exp(-self)) }
}
