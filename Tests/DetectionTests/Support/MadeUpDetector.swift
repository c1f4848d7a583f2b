import BoxMath
import Detection
import ONNXGraph
import Tensors
import TestSupport

/// A detector without a network: random head maps, and everything a graph makes of them by plain
/// loops in double precision.
struct MadeUpDetector: Sendable {
  var sizes = [(rows: 8, columns: 12), (rows: 4, columns: 6), (rows: 2, columns: 3)]
  var strides = [8.0, 16, 32]
  var anchors: [[(Double, Double)]] = [
    [(10, 13), (16, 30), (33, 23)], [(30, 61), (62, 45), (59, 119)],
    [(116, 90), (156, 198), (373, 326)],
  ]
  var classCount = 4
  var batch = 1

  var channels: Int { 5 + classCount }

  var layout: CellLayout {
    CellLayout(zip(sizes, anchors).map { ($1.count, $0.rows, $0.columns) })
  }

  var geometry: DecodeGeometry {
    DecodeGeometry(
      layout: layout,
      scales: zip(strides, anchors).map { stride, anchors in
        DecodeGeometry.Scale(
          strideX: stride, strideY: stride,
          anchors: anchors.map { AnchorSize(width: Float($0.0), height: Float($0.1)) })
      })
  }

  // MARK: Head maps

  /// Probabilities `[N, a*c, H, W]`; objectness is below a quarter in three of four cells.
  func maps(seed: UInt64) -> [Tensor] {
    var generator = SeededGenerator(seed: seed)
    return zip(sizes, anchors).map { size, anchors in
      let shape: Shape = [batch, anchors.count * channels, size.rows, size.columns]
      return Tensor(
        (0..<shape.elementCount).map { _ in Float.random(in: 0...1, using: &generator) },
        shape: shape)
    }
  }

  /// The number of one channel of one cell of one image.
  func value(_ maps: [Tensor], image: Int = 0, _ cell: Cell, channel: Int) -> Float {
    maps[cell.scale].elements(of: Float.self)[index(image: image, cell, channel: channel)]
  }

  func index(image: Int = 0, _ cell: Cell, channel: Int) -> Int {
    let (rows, columns) = sizes[cell.scale]
    let plane = (image * anchors[cell.scale].count + cell.anchor) * channels + channel
    return (plane * rows + cell.row) * columns + cell.column
  }

  /// The maps with one number of one cell replaced.
  func setting(
    _ maps: [Tensor], image: Int = 0, _ cell: Cell, channel: Int, to value: Float
  ) -> [Tensor] {
    var values = maps[cell.scale].elements(of: Float.self)
    values[index(image: image, cell, channel: channel)] = value
    var maps = maps
    maps[cell.scale] = Tensor(values, shape: maps[cell.scale].shape)
    return maps
  }

  // MARK: What becomes of them

  /// All numbers of all cells of one image in canonical order, decoded: centre, size, objectness,
  /// classes.
  func decoded(_ maps: [Tensor], image: Int = 0) -> [[Double]] {
    let values = maps.map { $0.elements(of: Float.self) }
    return (0..<layout.cellCount).map { number in
      let cell = layout[number]
      let raw = (0..<channels).map { channel in
        Double(values[cell.scale][index(image: image, cell, channel: channel)])
      }
      let (stride, anchor) = (strides[cell.scale], anchors[cell.scale][cell.anchor])
      let box = [
        (raw[0] * 2 - 0.5 + Double(cell.column)) * stride,
        (raw[1] * 2 - 0.5 + Double(cell.row)) * stride,
        raw[2] * 2 * raw[2] * 2 * anchor.0, raw[3] * 2 * raw[3] * 2 * anchor.1,
      ]
      return box + raw[4...]
    }
  }

  /// `[N, A, 5+nc]`, with the rows in another order where one is given: `order[row]` is a cell.
  func decodedRows(_ maps: [Tensor], order: [Int]? = nil) -> Tensor {
    let rows = (0..<batch).flatMap { image in
      let cells = decoded(maps, image: image)
      return (order ?? Array(cells.indices)).flatMap { cells[$0].map { Float($0) } }
    }
    return Tensor(rows, shape: [batch, layout.cellCount, channels])
  }

  /// The corners of a decoded cell.
  func corners(_ cell: [Double]) -> [Float] {
    let (x, y, halfWidth, halfHeight) = (cell[0], cell[1], cell[2] / 2, cell[3] / 2)
    return [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight].map { Float($0) }
  }

  /// Objectness times each class of a decoded cell.
  func products(_ cell: [Double]) -> [Float] { cell[5...].map { Float($0 * cell[4]) } }

  /// Corners `[N, A, 1, 4]` and products `[N, A, nc]`.
  func boxesAndScores(_ maps: [Tensor]) -> (boxes: Tensor, scores: Tensor) {
    let cells = (0..<batch).flatMap { decoded(maps, image: $0) }
    let boxes: [Float] = cells.flatMap(corners)
    let scores: [Float] = cells.flatMap(products)
    return (
      Tensor(boxes, shape: [batch, layout.cellCount, 1, 4]),
      Tensor(scores, shape: [batch, layout.cellCount, classCount])
    )
  }

  /// The plugin's four outputs, rows in canonical order or shuffled.
  func pluginOutputs(
    _ maps: [Tensor], threshold: Float = 0.25, shuffledBy seed: UInt64? = nil
  ) -> [String: Tensor] {
    var (counts, boxes, scores, classes): ([Int32], [Float], [Float], [Int32]) = ([], [], [], [])
    for image in 0..<batch {
      var rows = decoded(maps, image: image).filter { !(Float($0[4]) < threshold) }
      if let seed {
        var generator = SeededGenerator(seed: seed)
        rows.shuffle(using: &generator)
      }
      counts.append(Int32(rows.count))
      for row in rows {
        boxes += corners(row)
        var (best, largest) = (-1, 0.0)
        for (index, value) in row[5...].enumerated() where value > largest {
          (best, largest) = (index, value)
        }
        scores.append(Float(row[4]) * Float(largest))
        classes.append(Int32(best))
      }
      let rest = layout.cellCount - rows.count
      boxes += [Float](repeating: 0, count: 4 * rest)
      scores += [Float](repeating: 0, count: rest)
      classes += [Int32](repeating: 0, count: rest)
    }
    let count = layout.cellCount
    return [
      "DecodeNumDetection": Tensor(counts, shape: [batch, 1]),
      "DecodeDetectionBoxes": Tensor(boxes, shape: [batch, count, 4]),
      "DecodeDetectionScores": Tensor(scores, shape: [batch, count]),
      "DecodeDetectionClasses": Tensor(classes, shape: [batch, count]),
    ]
  }
}
