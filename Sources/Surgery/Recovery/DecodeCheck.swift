import BoxMath
import Detection
import Glibc
import Interpreter
import Tensors

/// Holds a graph's decode against the formula of YOLOv5 on random head maps.
///
/// Zeros alone cannot: `2σ - 0.5` and `σ`, `(2σ)²` and `exp` agree there.
struct DecodeCheck {
  let probe: Probe
  let ending: Ending
  let maps: [HeadMap]
  let classCount: Int
  let geometry: DecodeGeometry
  let scales: [DecodeGeometry.Scale]

  /// - Parameter plan: runs the decode of the graph.
  /// - Throws: ``SurgeryError`` that says which formula was expected and what was found.
  func check(_ plan: Plan) throws {
    var generator = LogitGenerator()
    var feed: [String: Tensor] = [:]
    var logits: [[Float]] = []
    for map in maps {
      guard let zeros = probe.runs[0][map.name] else {
        throw SurgeryError("the decode of the graph does not read '\(shown: map.name)'")
      }
      let values = generator.values(zeros.shape.elementCount)
      logits.append(values)
      feed[map.name] = Tensor(values, shape: zeros.shape).converted(to: zeros.elementType)
    }
    let results = try plan.run(feed, threads: 1)
    let decoded = try DecodedCells(ending, results, rowCount: geometry.layout.cellCount)
    for number in 0..<geometry.layout.cellCount {
      let cell = geometry.layout[number]
      try decoded.check(
        row: geometry.rowOfCell?[number] ?? number, cell,
        Expected(self, cell, logits[cell.scale]), tolerance: probe.isHalf ? 1e-2 : 1e-4)
    }
  }

  /// What the formula makes of one cell.
  struct Expected {
    let logits: [Float]
    let anchor: AnchorSize
    let stride: (x: Double, y: Double)
    let column: Int
    let row: Int
    let classCount: Int

    init(_ check: DecodeCheck, _ cell: Cell, _ values: [Float]) {
      let map = check.maps[cell.scale]
      let places = map.rows * map.columns
      let first =
        cell.anchor * map.channels * places + cell.row * map.columns + cell.column
      logits = (0..<5 + check.classCount).map { values[first + $0 * places] }
      let scale = check.scales[cell.scale]
      anchor = scale.anchors[cell.anchor]
      stride = (scale.strideX, scale.strideY)
      column = cell.column
      row = cell.row
      classCount = check.classCount
    }

    func probability(_ channel: Int) -> Double { 1 / (1 + exp(-Double(logits[channel]))) }

    /// Centre and size.
    var box: SIMD4<Double> {
      let w = 2 * probability(2)
      let h = 2 * probability(3)
      return SIMD4(
        (2 * probability(0) - 0.5 + Double(column)) * stride.x,
        (2 * probability(1) - 0.5 + Double(row)) * stride.y,
        w * w * Double(anchor.width), h * h * Double(anchor.height))
    }

    /// The box by YOLOv3's formula.
    var olderBox: SIMD4<Double> {
      SIMD4(
        (probability(0) + Double(column)) * stride.x, (probability(1) + Double(row)) * stride.y,
        exp(Double(logits[2])) * Double(anchor.width),
        exp(Double(logits[3])) * Double(anchor.height))
    }
  }
}

/// The rows a decode gave, of the first image.
private struct DecodedCells {
  private let boxes: [Float]
  private let boxWidth: Int
  private let scores: [Float]
  private let scoreWidth: Int
  /// Rows hold centre, size, objectness and probabilities; otherwise corners and products.
  private let isDecodedRows: Bool

  init(_ ending: Ending, _ tensors: [String: Tensor], rowCount: Int) throws {
    func values(_ name: String) throws -> (values: [Float], width: Int) {
      guard let tensor = tensors[name], let width = tensor.shape.last,
        tensor.shape.elementCount >= rowCount * width
      else {
        throw SurgeryError("'\(shown: name)' does not hold a row for each of \(rowCount) cells")
      }
      return (try tensor.asFloat32().elements(of: Float.self), width)
    }
    if let table = ending.table, table.kind == .products {
      (boxes, boxWidth) = try values(table.boxes.tensor)
      (scores, scoreWidth) = try values(table.scores.tensor)
      isDecodedRows = false
    } else {
      (boxes, boxWidth) = try values(ending.observedTensors[0])
      (scores, scoreWidth) = ([], 0)
      isDecodedRows = true
    }
  }

  func check(
    row: Int, _ cell: Cell, _ expected: DecodeCheck.Expected, tolerance: Double
  ) throws {
    let first = row * boxWidth
    var found = SIMD4(
      Double(boxes[first]), Double(boxes[first + 1]), Double(boxes[first + 2]),
      Double(boxes[first + 3]))
    if !isDecodedRows {
      found = SIMD4(
        (found.x + found.z) / 2, (found.y + found.w) / 2, found.z - found.x, found.w - found.y)
    }
    guard isClose(found, expected.box, tolerance) else {
      let rule =
        isClose(found, expected.olderBox, tolerance)
        ? "which is YOLOv3's formula (σ + column, exp)" : "which no known formula gives"
      throw SurgeryError(
        "the graph decodes \(cell) to centre (\(found.x), \(found.y)) and size (\(found.z), "
          + "\(found.w)), \(rule), expected (2σ - 0.5 + column) * stride and (2σ)² * anchor: "
          + "(\(expected.box.x), \(expected.box.y)) and (\(expected.box.z), \(expected.box.w))")
    }
    for channel in isDecodedRows ? 4..<5 + expected.classCount : 5..<5 + expected.classCount {
      let probability = expected.probability(channel)
      let value: (found: Float, expected: Double) =
        isDecodedRows
        ? (boxes[first + channel], probability)
        : (scores[row * scoreWidth + channel - 5], probability * expected.probability(4))
      guard abs(Double(value.found) - value.expected) <= tolerance else {
        let meaning = channel == 4 ? "objectness" : "class \(channel - 5)"
        throw SurgeryError(
          "the graph makes \(value.found) of the \(meaning) of \(cell), expected the sigmoid of its "
            + "channel\(isDecodedRows ? "" : " times that of the objectness"), \(value.expected)")
      }
    }
  }

  /// Equal up to rounding: of the place in the image, and of the box's own size.
  private func isClose(
    _ a: SIMD4<Double>, _ b: SIMD4<Double>, _ tolerance: Double
  ) -> Bool {
    let extent = [1, abs(b.x), abs(b.y), b.z, b.w].reduce(0, Swift.max)
    return (0..<4).allSatisfy { abs(a[$0] - b[$0]) <= tolerance * extent }
  }
}

/// Logits that are the same on every run (SplitMix64).
private struct LogitGenerator {
  private var state: UInt64 = 0x5eed

  /// Numbers between -3 and 3 that every floating-point type holds exactly.
  mutating func values(_ count: Int) -> [Float] {
    (0..<count).map { _ in
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      // Steps of 1/32: few enough bits for bfloat16.
      return Float(Int((z ^ (z >> 31)) % 193) - 96) / 32
    }
  }
}
