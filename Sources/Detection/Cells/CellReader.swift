import BoxMath
import Foundation
import Tensors

/// Direct access to cells, while their tensors live.
struct CellReader {
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

  init(_ cells: Cells) {
    layout = cells.layout
    classCount = cells.classCount
    rowOfCell = cells.rowOfCell
    knownCells = cells.knownCells
    hasObjectness = cells.scoring == .objectnessAndClasses
    sources = cells.scales.map { scale in
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

  /// Calls `body` for every stretch of cells of one anchor that fits a block; for each cell that is
  /// known, where not all are.
  func forEachStretch(_ body: (_ stretch: CellStretch) throws -> Void) rethrows {
    if let knownCells {
      for cell in knownCells { try body(CellStretch(of: cell, in: layout)) }
      return
    }
    for (scale, grid) in layout.scales.enumerated() {
      for anchor in 0..<grid.anchors {
        for start in stride(from: 0, to: grid.cellsPerAnchor, by: CellBlock.width) {
          try body(
            CellStretch(
              scale: scale, anchor: anchor, start: start,
              count: min(CellBlock.width, grid.cellsPerAnchor - start),
              firstCell: grid.firstCell + anchor * grid.cellsPerAnchor + start))
        }
      }
    }
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
    let values = (0..<4).map { load(stretch, source.boxes, scale.boxes, channel: $0, scale.grid) }
    for axis in 0..<4 { block.corners[axis] = SIMD16() }
    for lane in 0..<stretch.count {
      let (row, column) = (stretch.start + lane).quotientAndRemainder(
        dividingBy: scale.grid.columns)
      let box = scale.box(
        SIMD4(values[0][lane], values[1][lane], values[2][lane], values[3][lane]),
        anchor: stretch.anchor, row: row, column: column)
      for axis in 0..<4 { block.corners[axis][lane] = box.corners[axis] }
    }
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
    block.classes.withUnsafeMutableBytes { bytes in
      let lanes = bytes.bindMemory(to: Float.self)
      if stretch.count < CellBlock.width { lanes.update(repeating: 0) }
      for lane in 0..<stretch.count {
        let first =
          index(channels, source.scale.grid, stretch.firstCell + lane)
          + firstChannel * channels.channelStride
        for classIndex in 0..<classCount {
          let value = source.scores[first + classIndex * channels.channelStride]
          lanes[classIndex * CellBlock.width + lane] =
            channels.isLogit ? value.sigmoid : value
        }
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
