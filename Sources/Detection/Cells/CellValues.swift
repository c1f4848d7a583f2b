import BoxMath
import Glibc
import Tensors

/// The numbers of every cell of one image in float64.
package struct CellValues: Sendable {
  /// Left, top, right and bottom of each cell's box, in pixels of the network's input.
  package private(set) var corners: [Double]
  /// For each cell the objectness, where there is one, then the classes or products.
  package private(set) var scores: [Double]
  package let scoresPerCell: Int
  package let hasObjectness: Bool

  /// What a comparison of the cells compares, for cells read from float32 tensors; for cells read from
  /// float64 tensors, the same decoded in float64.
  init(_ cells: Cells) {
    hasObjectness = cells.scoring == .objectnessAndClasses
    scoresPerCell = cells.classCount + (hasObjectness ? 1 : 0)
    corners = [Double](repeating: 0, count: cells.layout.cellCount * 4)
    scores = [Double](repeating: 0, count: cells.layout.cellCount * scoresPerCell)
    if cells.isFloat64 { decode(cells) } else { copy(cells) }
  }

  private mutating func copy(_ cells: Cells) {
    let firstClass = hasObjectness ? 1 : 0
    cells.withReader { reader in
      var block = CellBlock(classCount: cells.classCount)
      reader.forEachStretch { stretch in
        reader.load(stretch, into: &block)
        for lane in 0..<stretch.count {
          let cell = stretch.firstCell + lane
          for axis in 0..<4 { corners[cell * 4 + axis] = Double(block.corners[axis][lane]) }
          if hasObjectness { scores[cell * scoresPerCell] = Double(block.objectness[lane]) }
          for index in 0..<cells.classCount {
            scores[cell * scoresPerCell + firstClass + index] = Double(block.classes[index][lane])
          }
        }
      }
    }
  }

  private mutating func decode(_ cells: Cells) {
    for (scale, grid) in zip(cells.scales, cells.layout.scales) {
      scale.boxes.tensor.withElements(of: Double.self) { boxes in
        scale.scores.tensor.withElements(of: Double.self) { values in
          for cell in grid.firstCell..<grid.firstCell + grid.cellCount {
            let first = scale.boxes.places.index(of: cell, in: grid, rowOfCell: cells.rowOfCell)
            let channels = (0..<4).map { channel in
              scale.boxes.probability(boxes[first + channel * scale.boxes.places.channelStride])
            }
            let box = scale.corners(channels, of: cells.layout[cell])
            for axis in 0..<4 { corners[cell * 4 + axis] = box[axis] }
            let score = scale.scores.places.index(of: cell, in: grid, rowOfCell: cells.rowOfCell)
            for index in 0..<scoresPerCell {
              scores[cell * scoresPerCell + index] = scale.scores.probability(
                values[score + index * scale.scores.places.channelStride])
            }
          }
        }
      }
    }
  }

  /// Products of objectness and class in place of both.
  fileprivate var products: [Double] {
    guard hasObjectness else { return scores }
    return scores.indices.compactMap { index in
      let place = index % scoresPerCell
      return place == 0 ? nil : scores[index] * scores[index - place]
    }
  }
}

/// How far the cells of one image are from what they should be; what is not finite is left out.
package struct CellErrors: Sendable, Equatable {
  package private(set) var maxBoxErrorPx = 0.0
  package private(set) var rmsBoxErrorPx = 0.0
  package private(set) var maxScoreError = 0.0
  package private(set) var rmsScoreError = 0.0

  /// - Precondition: both have as many cells and classes.
  package init(of values: CellValues, from reference: CellValues) {
    (maxBoxErrorPx, rmsBoxErrorPx) = Self.errors(values.corners, reference.corners)
    let isAlike = values.hasObjectness == reference.hasObjectness
    (maxScoreError, rmsScoreError) = Self.errors(
      isAlike ? values.scores : values.products, isAlike ? reference.scores : reference.products)
  }

  private static func errors(_ left: [Double], _ right: [Double]) -> (max: Double, rms: Double) {
    precondition(left.count == right.count)
    var (largest, sum, count) = (0.0, 0.0, 0)
    for index in left.indices {
      let error = abs(left[index] - right[index])
      guard error.isFinite else { continue }
      largest = max(largest, error)
      sum += error * error
      count += 1
    }
    return (largest, count > 0 ? (sum / Double(count)).squareRoot() : 0)
  }
}

extension Cells {
  /// The numbers of all cells.
  package var values: CellValues { CellValues(self) }
}

extension CellScale.Channels {
  fileprivate func probability(_ value: Double) -> Double {
    isLogit ? 1 / (1 + Glibc.exp(-value)) : value
  }
}

extension CellScale {
  /// The corners of the box that four channels stand for.
  fileprivate func corners(_ values: [Double], of cell: Cell) -> [Double] {
    switch encoding {
    case .corners: return values
    case .centerAndSize:
      let (halfWidth, halfHeight) = (values[2] / 2, values[3] / 2)
      return [
        values[0] - halfWidth, values[1] - halfHeight, values[0] + halfWidth,
        values[1] + halfHeight,
      ]
    case .head(let decoder):
      let (width, height) = decoder.networkSize
      let exact = HeadDecoder<Double>(
        columns: decoder.columns, rows: decoder.rows, networkWidth: Double(width),
        networkHeight: Double(height), anchors: decoder.anchors)
      let corners = exact.corners(
        x: values[0], y: values[1], width: values[2], height: values[3], anchor: cell.anchor,
        row: cell.row, column: cell.column)
      return [corners.x1, corners.y1, corners.x2, corners.y2]
    }
  }
}
