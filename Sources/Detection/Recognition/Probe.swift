import BoxMath
import Glibc
import ONNXGraph
import Operators
import Tensors

/// Finds out how a graph decodes its head maps by having it decode made-up ones.
///
/// With every logit 0 a cell's box is its anchor around its centre. The objectness of each cell is
/// set to a level of its own, so that the level of a row tells the cell it was made from, whatever
/// is done to the order of rows and however the level is scaled on the way.
package struct Probe: Sendable {
  /// The part of the graph from the head maps to the decoded output.
  package let graph: Graph
  /// What to feed it, in as many runs as it takes to tell all cells apart: one, unless the graph
  /// computes with 16-bit numbers.
  package let runs: [[String: Tensor]]

  /// Whether the decode computes with 16-bit numbers.
  package let isHalf: Bool

  private let layout: CellLayout
  private let classCount: Int
  private let output: Output
  private let base: Int

  private enum Output {
    case rows(String)
    case boxesAndProducts(BoxesAndScores)

    var names: [String] {
      switch self {
      case .rows(let name): [name]
      case .boxesAndProducts(let tensors): tensors.names
      }
    }
  }

  /// - Returns: `nil` when the graph does not decode head maps.
  /// - Throws: ``ModelError`` when the part cannot be cut out.
  package init?(_ graph: Graph, _ ending: Ending, lookup: TensorLookup) throws {
    let heads = ending.decodedHeads
    guard !heads.isEmpty else { return nil }
    switch ending.tail {
    case .decodedRows(let name, _): output = .rows(name)
    case .boxesAndScores(let tensors): output = .boxesAndProducts(tensors)
    case .suppressed(let tail) where tail.inputs.anchors == nil:
      output = .boxesAndProducts(tail.inputs)
    default: return nil
    }
    let descriptions = heads.compactMap { lookup($0.name) }
    guard descriptions.count == heads.count else { return nil }
    var part = try graph.extract(inputs: heads.map(\.name), outputs: output.names)
    part.inputs = zip(heads, descriptions).map { head, description in
      ValueInfo(
        name: head.name, elementType: description.elementType,
        dimensions: description.shape.map { .fixed($0) })
    }
    self.graph = part
    layout = heads.layout
    classCount = heads[0].channels - 5
    isHalf = descriptions.contains { $0.elementType.byteCount == 2 } || part.castsToHalf
    base = isHalf ? min(64, max(2, layout.cellCount)) : max(2, layout.cellCount)
    var runs: [[String: Tensor]] = []
    var place = 1
    repeat {
      var feed: [String: Tensor] = [:]
      for (scale, head) in heads.enumerated() {
        feed[head.name] = Probe.map(
          head, descriptions[scale], firstCell: layout.scales[scale].firstCell
        ) { [base] cell in Probe.logit(level: cell / place % base, of: base) }
      }
      runs.append(feed)
      place *= base
    } while place < layout.cellCount
    self.runs = runs
  }

  /// The logit of the `level`-th of `count` probabilities that stand evenly between 0 and 1.
  private static func logit(level: Int, of count: Int) -> Float {
    let probability = Double(level + 1) / Double(count + 1)
    return Float(log(probability / (1 - probability)))
  }

  /// A head map of zeros but for the objectness of each cell.
  private static func map(
    _ head: HeadMap, _ description: TensorDescription, firstCell: Int,
    objectness: (_ cell: Int) -> Float
  ) -> Tensor {
    let cellCount = head.rows * head.columns
    let levels = Tensor(Float.self, shape: description.shape) { values in
      values.update(repeating: 0)
      guard !values.isEmpty else { return }
      for image in 0..<description.shape[0] {
        for anchor in 0..<head.anchors {
          let channel = (image * head.anchors + anchor) * head.channels + 4
          for cell in 0..<cellCount {
            values[channel * cellCount + cell] = objectness(firstCell + anchor * cellCount + cell)
          }
        }
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
    do throws(DetectionError) {
      let rows = try results.map { tensors throws(DetectionError) in try ProbeRows(tensors, self) }
      guard rows.count == runs.count else {
        throw DetectionError("\(rows.count) results for \(runs.count) runs")
      }
      let rowOfCell: [Int]
      var notes: [String] = []
      do {
        rowOfCell = try order(of: rows)
      } catch {
        rowOfCell = Array(0..<layout.cellCount)
        notes.append(
          "the rows of the output cannot be traced to cells (\(error)); they are taken to stand "
            + "by scale, anchor, row and column")
      }
      var scales: [DecodeGeometry.Scale]?
      do {
        scales = try layout.scales.indices.map { scale throws(DetectionError) in
          try self.scale(scale, rows[0], rowOfCell)
        }
      } catch {
        notes.append("strides and anchors cannot be recovered from the graph: \(error)")
      }
      let isCanonical = rowOfCell.indices.allSatisfy { rowOfCell[$0] == $0 }
      return DecodeGeometry(
        layout: layout, rowOfCell: isCanonical ? nil : rowOfCell, scales: scales, notes: notes)
    } catch {
      return DecodeGeometry(
        layout: layout, notes: ["strides and anchors cannot be recovered from the graph: \(error)"])
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
    _ index: Int, _ rows: ProbeRows, _ rowOfCell: [Int]
  ) throws(DetectionError) -> DecodeGeometry.Scale {
    let grid = layout.scales[index]
    func box(_ anchor: Int, _ row: Int, _ column: Int) -> SIMD4<Double> {
      let cell = grid.firstCell + (anchor * grid.rows + row) * grid.columns + column
      return rows.box(rowOfCell[cell])
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

  /// The rows a run of the probe gave, of the first image.
  private struct ProbeRows {
    let levels: [Float]
    /// Four columns for each row.
    private let boxes: [Float]
    private let isCorners: Bool

    init(_ tensors: [String: Tensor], _ probe: Probe) throws(DetectionError) {
      func columns(
        _ range: Range<Int>, of name: String, width: Int? = nil
      ) throws(DetectionError) -> [Float] {
        guard let tensor = try tensors[name]?.asFloat32() else {
          throw DetectionError("the probe gave no tensor '\(name)'")
        }
        let rowCount = probe.layout.cellCount
        let width = width ?? tensor.shape.last ?? 0
        guard width >= range.upperBound, tensor.shape.elementCount >= rowCount * width else {
          throw DetectionError("'\(name)' has shape \(tensor.shape), expected \(rowCount) rows")
        }
        return tensor.withElements(of: Float.self) { values in
          var columns: [Float] = []
          columns.reserveCapacity(rowCount * range.count)
          for row in 0..<rowCount {
            columns += values[row * width + range.lowerBound..<row * width + range.upperBound]
          }
          return columns
        }
      }
      switch probe.output {
      case .rows(let name):
        boxes = try columns(0..<4, of: name)
        levels = try columns(4..<5, of: name)
        isCorners = false
      case .boxesAndProducts(let tensors):
        boxes = try columns(0..<4, of: tensors.boxes, width: 4)
        levels = try columns(0..<1, of: tensors.scores, width: probe.classCount)
        isCorners = tensors.coding == .corners
      }
      guard levels.allSatisfy(\.isFinite), boxes.allSatisfy(\.isFinite) else {
        throw DetectionError("what comes of zeros is not finite")
      }
    }

    /// Centre and size.
    func box(_ row: Int) -> SIMD4<Double> {
      let (a, b) = (Double(boxes[4 * row]), Double(boxes[4 * row + 1]))
      let (c, d) = (Double(boxes[4 * row + 2]), Double(boxes[4 * row + 3]))
      return isCorners ? SIMD4((a + c) / 2, (b + d) / 2, c - a, d - b) : SIMD4(a, b, c, d)
    }
  }
}
