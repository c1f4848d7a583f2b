import BoxMath
import Glibc
import ONNXGraph
import Operators
import Tensors

/// Finds out how a graph decodes what its learned layers give, by having it decode synthetic maps.
///
/// Each cell is given a level of its own, so that the score of a row tells the cell it was made from,
/// whatever is done to the order of rows and however the level is scaled on the way. With every other
/// number 0, boxes lie as the grid has them: how they move from cell to cell tells what their four
/// numbers are and in which unit.
package struct Probe: Sendable {
  /// The part of the graph from the maps to the decoded output.
  package let graph: Graph
  /// What to feed it: as many runs as it takes to tell all cells apart, one unless the graph computes
  /// with 16-bit numbers; and where levels could move boxes, one of large numbers and one of zeros.
  package let runs: [[String: Tensor]]

  /// Whether the decode computes with 16-bit numbers.
  package let isHalf: Bool

  private let layout: CellLayout
  private let table: CellTable
  private let networkSize: (height: Int, width: Int)?
  private let base: Int
  /// Runs that tell cells apart; those of large numbers and of zeros, if there are any, come after them.
  private let levelRuns: Int
  /// Whether the maps are heads of YOLOv5: box, objectness and classes of each anchor.
  private let areHeads: Bool

  /// - Returns: `nil` when the graph does not decode maps.
  /// - Throws: ``ModelError`` when the part cannot be cut out.
  package init?(_ graph: Graph, _ ending: Ending, lookup: @escaping TensorLookup) throws {
    guard let table = ending.table, table.anchors == nil else { return nil }
    let structure = GraphStructure(graph, lookup: lookup)
    let maps: [ProbedMap]
    let layout: CellLayout
    if !table.heads.isEmpty {
      maps = table.heads.enumerated().compactMap { scale, head in
        lookup(head.name).map { ProbedMap(head, $0, scale: scale) }
      }
      guard maps.count == table.heads.count else { return nil }
      layout = table.heads.layout
    } else {
      guard let cells = ending.geometry?.layout.cellCount,
        let learned = structure.learnedMaps(behind: table.names, cellCount: cells)
      else { return nil }
      maps = learned.scales.enumerated().flatMap { scale, maps in
        maps.map { ProbedMap($0, anchors: learned.anchors, scale: scale) }
      }
      layout = learned.layout
    }
    areHeads = !table.heads.isEmpty
    var fed = Dictionary(
      maps.map { ($0.name, $0.description) }, uniquingKeysWith: { first, _ in first })
    var images: [String: Tensor] = [:]
    var part: Graph
    let graph = graph.knowingShapes(lookup)
    do {
      part = try graph.extract(inputs: maps.map(\.name), outputs: table.names)
    } catch {
      // Something else may hang on the image.
      guard let image = try? ImageInput(graph, alone: false).name, let description = lookup(image)
      else {
        throw error
      }
      part = try graph.extract(inputs: maps.map(\.name) + [image], outputs: table.names)
      fed[image] = description
      images[image] = Tensor.zeros(description.elementType, shape: description.shape)
    }
    part = part.declaring(fed)
    let unread = Set(images.keys).subtracting(part.inputs.map(\.name))
    for name in unread { images[name] = nil }
    self.graph = part
    self.layout = layout
    self.table = table
    networkSize = structure.inputSize
    isHalf =
      maps.contains { $0.description.elementType.byteCount == 2 } || part.castsToHalf
    let base = isHalf ? min(64, max(2, layout.cellCount)) : max(2, layout.cellCount)
    self.base = base
    var runs: [[String: Tensor]] = []
    var place = 1
    repeat {
      let step = place
      runs.append(
        Dictionary(
          uniqueKeysWithValues: maps.map { map in
            let first = layout.scales[map.scale].firstCell
            return (
              map.name,
              map.tensor { cell in
                Probe.logit(level: (first + cell) / step % base, of: base)
              }
            )
          }))
      place *= base
    } while place < layout.cellCount
    levelRuns = runs.count
    if !areHeads {
      for value in [LearnedMaps.saturating, 0] {
        runs.append(
          Dictionary(
            uniqueKeysWithValues: maps.map { map in (map.name, map.tensor { _ in value }) })
        )
      }
    }
    self.runs = runs.map { $0.merging(images) { map, _ in map } }
  }

  /// The logit of the `level`-th of `count` probabilities that stand evenly between 0 and 1.
  private static func logit(level: Int, of count: Int) -> Float {
    let probability = Double(level + 1) / Double(count + 1)
    return Float(log(probability / (1 - probability)))
  }

}

/// A map that is fed.
private struct ProbedMap {
  let name: String
  let description: TensorDescription
  let scale: Int
  /// Neighbouring blocks of channels that are cells of their own.
  let anchors: Int
  /// The channels of a block that are given the level; the others are 0.
  let levelled: Range<Int>

  init(_ head: HeadMap, _ description: TensorDescription, scale: Int) {
    name = head.name
    self.description = description
    self.scale = scale
    anchors = head.anchors
    levelled = 4..<5
  }

  init(_ map: LearnedMaps.Map, anchors: Int, scale: Int) {
    name = map.name
    description = TensorDescription(map.elementType, map.shape)
    self.scale = scale
    self.anchors = anchors
    levelled = 0..<map.shape[1] / anchors
  }

  /// The map for all images of the batch.
  ///
  /// - Parameter logit: of a cell, by its number on this scale: by anchor, row and column.
  func tensor(_ logit: (_ cell: Int) -> Float) -> Tensor {
    let shape = description.shape
    let places = shape[2] * shape[3]
    let channels = shape[1] / anchors
    let levels = Tensor(Float.self, shape: shape) { values in
      values.update(repeating: 0)
      for anchor in 0..<anchors {
        for place in 0..<places {
          let level = logit(anchor * places + place)
          for channel in levelled {
            values[(anchor * channels + channel) * places + place] = level
          }
        }
      }
      let image = shape[1] * places
      for copy in 1..<max(1, shape[0]) {
        for index in 0..<image { values[copy * image + index] = values[index] }
      }
    }
    return levels.converted(to: description.elementType)
  }
}

extension Graph {
  fileprivate var castsToHalf: Bool {
    nodes.contains { node in
      // float16 and bfloat16 in TensorProto.DataType.
      node.applies(Cast.self)
        && [.int(10), .int(16)].contains(node.attributes["to"])
    }
  }
}

// MARK: Reading

extension Probe {
  /// What the results of the runs tell of the decode.
  ///
  /// - Parameter results: for each of ``runs``, the outputs of ``graph``.
  package func geometry(from results: [[String: Tensor]]) -> DecodeGeometry {
    finding(from: results).geometry
  }

  /// What the results of the runs tell of the decode and of the numbers it gives out.
  package func finding(from results: [[String: Tensor]]) -> DecodeFinding {
    do throws(DetectionError) {
      guard results.count == runs.count else {
        throw DetectionError("\(results.count) results for \(runs.count) runs")
      }
      let shown = results[..<levelRuns] + (areHeads ? [] : results.suffix(1))
      let rows = try shown.map { tensors throws(DetectionError) in
        try ProbeRows(tensors, table, rowCount: layout.cellCount)
      }
      var found = finding(rows)
      if !areHeads { found.probabilityColumns = probabilities(results[levelRuns]) }
      return found
    } catch {
      return DecodeFinding(
        geometry: DecodeGeometry(
          layout: layout,
          notes: ["strides and anchors cannot be recovered from the graph: \(error)"]))
    }
  }

  /// Of large numbers, how many columns from the first score on are no larger than 1; `nil` where not
  /// even that is, or where objectness stands there.
  private func probabilities(_ tensors: [String: Tensor]) -> Int? {
    guard table.kind == .products, let tensor = try? tensors[table.scores.tensor]?.asFloat32(),
      tensor.shape.rank == 3, let batch = tensor.shape.first, batch > 0
    else { return nil }
    let isOfRows = table.scores.order == .rows
    let (rowCount, width) = (tensor.shape[isOfRows ? 1 : 2], tensor.shape[isOfRows ? 2 : 1])
    let count = tensor.withElements(of: Float.self) { values in
      (table.scores.first..<width).prefix { column in
        (0..<rowCount).allSatisfy { row in
          let value = values[isOfRows ? row * width + column : column * rowCount + row]
          return (0...1.001).contains(value)
        }
      }.count
    }
    return count == 0 ? nil : count
  }

  private func finding(_ rows: [ProbeRows]) -> DecodeFinding {
    let rowOfCell: [Int]
    var notes: [String] = []
    var isTraced = true
    do {
      let levels = Array(rows[..<levelRuns])
      let found = try order(of: levels)
      // Where one scale's scores are scaled otherwise, the cells of all together are not in order.
      rowOfCell =
        movesWithTheGrid(found, rows)
        ? found : orderOfScales(levels).first { movesWithTheGrid($0, rows) } ?? found
    } catch {
      isTraced = false
      rowOfCell = Array(0..<layout.cellCount)
      notes.append(
        "the rows of the output cannot be traced to cells (\(error)); they are taken to stand "
          + "by scale, anchor, row and column")
    }
    let boxes = BoxPattern(
      layout, networkSize: networkSize, raw: { rows.last!.raw(rowOfCell[$0]) })
    var scales: [DecodeGeometry.Scale]?
    if areHeads {
      do {
        scales = try layout.scales.indices.map { scale throws(DetectionError) in
          try self.scale(scale, rowOfCell) { row in
            rows[0].box(row, boxes?.coding ?? table.coding, boxes)
          }
        }
      } catch {
        notes.append("strides and anchors cannot be recovered from the graph: \(error)")
      }
    }
    let isCanonical = rowOfCell.indices.allSatisfy { rowOfCell[$0] == $0 }
    return DecodeFinding(
      geometry: DecodeGeometry(
        layout: layout, rowOfCell: isCanonical ? nil : rowOfCell, scales: scales, notes: notes),
      isTraced: isTraced, boxes: boxes,
      activation: isTraced ? activation(rows[0], rowOfCell) : nil)
  }

  /// What was done to the scores: the levels came out as they went in, or between 0 and 1.
  private func activation(_ rows: ProbeRows, _ rowOfCell: [Int]) -> ScoreActivation? {
    guard levelRuns == 1 else { return nil }
    let count = layout.cellCount
    let places = [0, count / 4, count / 2, 3 * count / 4, count - 1]
    let isSame = places.allSatisfy { cell in
      let level = Probe.logit(level: cell % base, of: base)
      return abs(rows.levels[rowOfCell[cell]] - level) <= 1e-3 * max(1, abs(level))
    }
    if isSame { return .logit }
    return rows.levels.allSatisfy { (0...1).contains($0) } ? .probability : nil
  }

  /// Whether the boxes of cells side by side lie side by side, on every scale.
  private func movesWithTheGrid(_ rowOfCell: [Int], _ rows: [ProbeRows]) -> Bool {
    let run = rows.last!
    return layout.scales.allSatisfy { grid in
      guard grid.rows > 1, grid.columns > 2 else { return true }
      let boxes = (0..<grid.columns).map { run.raw(rowOfCell[grid.firstCell + $0]) }
      let step = boxes[1] - boxes[0]
      let room = 1e-3 * max(abs(step.max()), abs(step.min()))
      return zip(boxes.dropFirst(), boxes).allSatisfy { next, box in
        let error = next - box - step
        return abs(error.max()) <= room && abs(error.min()) <= room
      }
    }
  }

  /// For each order in which the scales' rows may follow one another, for each cell the row that shows
  /// its levels, where levels are in order within each scale alone.
  private func orderOfScales(_ runs: [ProbeRows]) -> [[Int]] {
    guard runs.count == 1, layout.scales.count <= 4 else { return [] }
    let levels = runs[0].levels
    return layout.scales.indices.permutations.compactMap { order in
      var rowOfCell = [Int](repeating: -1, count: layout.cellCount)
      var first = 0
      for scale in order {
        let grid = layout.scales[scale]
        let sorted = (first..<first + grid.cellCount).sorted { levels[$0] < levels[$1] }
        guard zip(sorted.dropFirst(), sorted).allSatisfy({ levels[$0] != levels[$1] }) else {
          return nil
        }
        for (cell, row) in sorted.enumerated() { rowOfCell[grid.firstCell + cell] = row }
        first += grid.cellCount
      }
      return rowOfCell
    }
  }

  /// For each cell, the row that shows its levels.
  private func order(of runs: [ProbeRows]) throws(DetectionError) -> [Int] {
    var cellOfRow = [Int](repeating: 0, count: layout.cellCount)
    var place = 1
    for run in runs {
      let levels = run.levels
      var level = 0
      var previous: Float?
      for row in levels.indices.sorted(by: { levels[$0] < levels[$1] }) {
        if let previous, previous != levels[row] { level += 1 }
        previous = levels[row]
        cellOfRow[row] += level * place
      }
      let expected = min(base, (layout.cellCount - 1) / place + 1)
      guard level + 1 == expected else {
        throw DetectionError("their objectness takes \(level + 1) values, expected \(expected)")
      }
      place *= base
    }
    var rowOfCell = [Int](repeating: -1, count: layout.cellCount)
    for (row, cell) in cellOfRow.enumerated() {
      guard cell < layout.cellCount, rowOfCell[cell] < 0 else {
        throw DetectionError("two rows show the same cell")
      }
      rowOfCell[cell] = row
    }
    return rowOfCell
  }

  /// Stride and anchors of one scale, if every box of it lies as a decode would have it.
  private func scale(
    _ index: Int, _ rowOfCell: [Int], boxOfRow: (Int) -> SIMD4<Double>
  ) throws(DetectionError) -> DecodeGeometry.Scale {
    let grid = layout.scales[index]
    func box(_ anchor: Int, _ row: Int, _ column: Int) -> SIMD4<Double> {
      let cell = grid.firstCell + (anchor * grid.rows + row) * grid.columns + column
      return boxOfRow(rowOfCell[cell])
    }
    func stride(first: Double, last: Double, count: Int) -> Double {
      count > 1 ? (last - first) / Double(count - 1) : 2 * first
    }
    let first = box(0, 0, 0)
    let last = box(0, grid.rows - 1, grid.columns - 1)
    let strideX = stride(first: first.x, last: last.x, count: grid.columns)
    let strideY = stride(first: first.y, last: last.y, count: grid.rows)
    let sizes = (0..<grid.anchors).map { anchor in
      let box = box(anchor, 0, 0)
      return AnchorSize(width: Float(box.z), height: Float(box.w))
    }
    for anchor in 0..<grid.anchors {
      for row in 0..<grid.rows {
        for column in 0..<grid.columns {
          let expected = SIMD4(
            (Double(column) + 0.5) * strideX, (Double(row) + 0.5) * strideY,
            Double(sizes[anchor].width), Double(sizes[anchor].height))
          let found = box(anchor, row, column)
          let error = found - expected
          let room = 1e-3 * max(abs(strideX), abs(strideY))
          guard strideX > 0, strideY > 0, abs(error.max()) <= room, abs(error.min()) <= room else {
            throw DetectionError(
              "with every logit 0, \(Cell(scale: index, anchor: anchor, row: row, column: column)) "
                + "gives centre (\(found.x), \(found.y)) and size (\(found.z), \(found.w)), "
                + "expected (\(expected.x), \(expected.y)) and (\(expected.z), \(expected.w))")
          }
        }
      }
    }
    return DecodeGeometry.Scale(strideX: strideX, strideY: strideY, anchors: sizes)
  }
}

/// The rows that a run of the probe gave, of the first image.
private struct ProbeRows {
  /// The first score of each.
  let levels: [Float]
  /// Four numbers of each.
  private let boxes: [Float]

  init(
    _ tensors: [String: Tensor], _ table: CellTable, rowCount: Int
  ) throws(DetectionError) {
    func columns(_ range: ColumnRange, _ count: Int) throws(DetectionError) -> [Float] {
      guard let tensor = try tensors[range.tensor]?.asFloat32() else {
        throw DetectionError("the probe gave no tensor '\(shown: range.tensor)'")
      }
      let perImage = tensor.shape.dropFirst().reduce(1, *)
      let width = perImage / max(rowCount, 1)
      guard width * rowCount == perImage, width >= range.first + count, tensor.shape[0] > 0 else {
        throw DetectionError(
          "'\(shown: range.tensor)' has shape \(tensor.shape), expected \(rowCount) rows")
      }
      return tensor.withElements(of: Float.self) { values in
        (0..<rowCount * count).map { index in
          let (row, place) = index.quotientAndRemainder(dividingBy: count)
          let column = range.first + place
          return range.order == .rows
            ? values[row * width + column] : values[column * rowCount + row]
        }
      }
    }
    boxes = try columns(table.boxes, 4)
    levels = try columns(table.scores, 1)
    guard levels.allSatisfy(\.isFinite), boxes.allSatisfy(\.isFinite) else {
      throw DetectionError("what comes of zeros is not finite")
    }
  }

  /// The four numbers of a row's box.
  func raw(_ row: Int) -> SIMD4<Double> {
    SIMD4(
      Double(boxes[4 * row]), Double(boxes[4 * row + 1]), Double(boxes[4 * row + 2]),
      Double(boxes[4 * row + 3]))
  }

  /// Centre and size, in pixels where the pattern knows the unit.
  func box(_ row: Int, _ coding: BoxCoding, _ pattern: BoxPattern?) -> SIMD4<Double> {
    var n = raw(row)
    if let pattern {
      if pattern.isYFirst { n = SIMD4(n.y, n.x, n.w, n.z) }
      n *= SIMD4(
        Double(pattern.unit.pixelsX), Double(pattern.unit.pixelsY), Double(pattern.unit.pixelsX),
        Double(pattern.unit.pixelsY))
    }
    return coding == .corners
      ? SIMD4((n.x + n.z) / 2, (n.y + n.w) / 2, n.z - n.x, n.w - n.y) : n
  }
}
