import BoxMath
import Tensors

/// What an experiment shows of a decode.
package struct DecodeFinding: Sendable {
  package let geometry: DecodeGeometry
  /// Whether it is shown which row is of which cell.
  package var isTraced = false
  /// `nil` where the boxes do not move with the grid as any coding has it.
  package var boxes: BoxPattern?
  /// `nil` where the scores are neither what was fed nor probabilities.
  package var activation: ScoreActivation?
  /// How many columns from the first score on hold probabilities; `nil` where that is not shown.
  package var probabilityColumns: Int?
}

/// What four numbers are, by how they move from cell to cell.
package struct BoxPattern: Sendable, Equatable {
  package let coding: BoxCoding
  package let isYFirst: Bool
  package let unit: BoxUnit

  init(_ coding: BoxCoding, _ unit: BoxUnit, isYFirst: Bool = false) {
    self.coding = coding
    self.unit = unit
    self.isYFirst = isYFirst
  }

  /// - Parameters:
  ///   - networkSize: of the network's input; the unit is not known without.
  ///   - raw: the four numbers of a cell.
  /// - Returns: `nil` where the scales do not agree, or show no coding.
  init?(
    _ layout: CellLayout, networkSize: (height: Int, width: Int)?,
    raw: (_ cell: Int) -> SIMD4<Double>
  ) {
    guard let networkSize else { return nil }
    let found = layout.scales.compactMap { grid -> BoxPattern? in
      guard grid.rows > 1, grid.columns > 1 else { return nil }
      let first = raw(grid.firstCell)
      let right = raw(grid.firstCell + grid.columns - 1)
      let below = raw(grid.firstCell + (grid.rows - 1) * grid.columns)
      return BoxPattern(
        across: (right - first) / Double(grid.columns - 1) * Double(grid.columns),
        down: (below - first) / Double(grid.rows - 1) * Double(grid.rows), networkSize)
    }
    guard let first = found.first else { return nil }
    // A scale may have a mistake of its own; what most show is what the numbers are.
    let votes = found.filter { $0 == first }.count
    guard let most = votes * 2 > found.count ? first : found.last,
      found.filter({ $0 == most }).count * 2 > found.count
    else { return nil }
    self = most
  }

  /// - Parameter across: how far the numbers move over the whole width of the grid; `down` over its
  ///   height.
  private init?(
    across: SIMD4<Double>, down: SIMD4<Double>, _ networkSize: (height: Int, width: Int)
  ) {
    let (largestX, largestY) = (across.max(), down.max())
    guard largestX > 0, largestY > 0 else { return nil }
    let movesX = (0..<4).map { abs(across[$0]) > largestX / 2 }
    let movesY = (0..<4).map { abs(down[$0]) > largestY / 2 }
    switch (movesX, movesY) {
    case ([true, false, false, false], [false, true, false, false]):
      (coding, isYFirst) = (.centerAndSize, false)
    case ([false, true, false, false], [true, false, false, false]):
      (coding, isYFirst) = (.centerAndSize, true)
    case ([true, false, true, false], [false, true, false, true]):
      (coding, isYFirst) = (.corners, false)
    case ([false, true, false, true], [true, false, true, false]):
      (coding, isYFirst) = (.corners, true)
    default: return nil
    }
    func isNear(_ value: Double, _ expected: Double) -> Bool {
      abs(value - expected) <= 0.1 * expected
    }
    if isNear(largestX, Double(networkSize.width)), isNear(largestY, Double(networkSize.height)) {
      unit = .pixels
    } else if isNear(largestX, 1), isNear(largestY, 1) {
      unit = .fractions(width: networkSize.width, height: networkSize.height)
    } else {
      return nil
    }
  }
}

extension Ending {
  /// With what an experiment shows of its numbers.
  package func established(by finding: DecodeFinding) -> Ending {
    var ending = self
    ending.geometry = finding.geometry
    guard let table else { return ending }
    ending.table = ending.established(table, boxes: finding.boxes, activation: finding.activation)
    if let count = finding.probabilityColumns, let classCount, count < classCount {
      ending.notes.append(
        "\(classCount - count) of the \(classCount) columns behind the box are no scores, as an "
          + "experiment shows: coefficients, keypoints or an angle")
      ending.classCount = count
    }
    ending.shown = Shown(
      boxes: finding.boxes != nil || finding.geometry.scales != nil,
      scores: finding.activation != nil || finding.geometry.scales != nil)
    if ending.suppression != nil {
      ending.suppression?.inputs = ending.table!
      ending.suppression?.joined?.table.unit = ending.table!.unit
    }
    return ending
  }

  /// With what an experiment shows of rows that are of no grid's cells.
  package func established(boxes: BoxPattern?, activation: ScoreActivation?) -> Ending {
    var ending = self
    if let known = kept?.table ?? table {
      let shown = ending.established(known, boxes: boxes, activation: activation)
      if kept != nil { ending.kept?.table = shown } else { ending.table = shown }
    }
    ending.shown.boxes = ending.shown.boxes || boxes != nil
    ending.shown.scores = ending.shown.scores || activation != nil
    return ending
  }

  /// A table with what an experiment shows; what contradicts it is told.
  private mutating func established(
    _ known: CellTable, boxes: BoxPattern?, activation: ScoreActivation?
  ) -> CellTable {
    var table = known
    if let boxes {
      differences += contradictions(of: table, to: boxes)
      if !fixesMeaning, boxes.coding != table.coding {
        notes.append(
          "'\(shown: table.boxes.tensor)' holds \(boxes.coding.words), as an experiment shows, where "
            + "\(form.rawValue) has \(table.coding.words)")
        table.coding = boxes.coding
      }
      table.unit = boxes.unit
    }
    if let activation, activation != table.activation,
      table.activation != .softmaxWithNothingLast
    {
      if fixesMeaning {
        differences.append(
          activation == .logit
            ? "\(meaningOwner) takes the scores for probabilities, but they are logits"
            : "\(meaningOwner) puts the scores through a sigmoid, but they are probabilities")
      } else {
        table.activation = activation
      }
    }
    return table
  }

  private func contradictions(of table: CellTable, to boxes: BoxPattern) -> [String] {
    var found: [String] = []
    if fixesMeaning, boxes.coding != table.coding {
      found.append(
        "\(meaningOwner) reads \(table.coding.words), but the boxes are \(boxes.coding.words): "
          + "they move with the grid as such")
    }
    if boxes.isYFirst != table.isYFirst {
      found.append(
        "\(meaningOwner) reads \(table.isYFirst ? "y before x" : "x before y"), but the boxes have "
          + "\(boxes.isYFirst ? "y before x" : "x before y")")
    }
    return found
  }
}

extension BoxCoding {
  /// As messages call it.
  package var words: String {
    switch self {
    case .corners: "corners"
    case .centerAndSize: "centres and sizes"
    }
  }
}
