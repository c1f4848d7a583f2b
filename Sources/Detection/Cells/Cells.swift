import BoxMath
import Tensors

/// Box, objectness and class probabilities of every cell of one image, read where the graph's
/// tensors hold them.
package struct Cells: Sendable {
  /// What the scores of a cell are.
  package enum Scoring: String, Sendable, Codable {
    case objectnessAndClasses
    /// Objectness times class, or class alone where there is no objectness.
    case products
  }

  package let layout: CellLayout
  package let classCount: Int
  package let scoring: Scoring
  let scales: [CellScale]
  /// For each cell its row, where the tensors are rows in another order.
  let rowOfCell: [Int]?
  /// The numbers of the cells that are known, in order; `nil` when all are.
  let knownCells: [Int]?
  /// For each cell its class, where ``classCount`` is 1 and the score is that of the best class.
  let labels: [Int32]?
  /// The cells with the scores of all classes, where these are their best alone; at most one.
  private let complete: [Cells]
  /// `nil` where the tensors are float64.
  private let reader: CellReader?

  init(
    layout: CellLayout, classCount: Int, scoring: Scoring, scales: [CellScale],
    rowOfCell: [Int]? = nil, knownCells: [Int]? = nil, labels: [Int32]? = nil,
    complete: Cells? = nil
  ) {
    self.layout = layout
    self.labels = labels
    self.complete = complete.map { [$0] } ?? []
    self.classCount = classCount
    self.scoring = scoring
    self.scales = scales
    self.rowOfCell = rowOfCell
    self.knownCells = knownCells
    let isFloat64 = scales.contains {
      $0.boxes.tensor.elementType == .float64 || $0.scores.tensor.elementType == .float64
    }
    reader =
      isFloat64
      ? nil
      : CellReader(
        layout, classCount: classCount, scoring: scoring, scales: scales, rowOfCell: rowOfCell,
        knownCells: knownCells, labels: labels)
  }

  /// The cells with the scores of all classes; `nil` where only the best of each is known.
  var withAllClasses: Cells? { labels == nil ? self : complete.first }

  /// The same cells, of each its class alone being known.
  func labelled(_ label: (_ cell: Int) -> Int32) -> Cells {
    Cells(
      layout: layout, classCount: 1, scoring: scoring, scales: scales, rowOfCell: rowOfCell,
      knownCells: knownCells, labels: (0..<layout.cellCount).map(label))
  }

  /// Whether they are read from float64 tensors.
  var isFloat64: Bool { reader == nil }

  /// Whether the numbers of a cell are known.
  package func knows(_ cell: Int) -> Bool {
    guard let knownCells else { return (0..<layout.cellCount).contains(cell) }
    return rowOfCell.map { $0[cell] < knownCells.count } ?? true
  }

  /// Calls `body` with direct access to the cells.
  ///
  /// - Precondition: they are read from float32 tensors.
  func withReader<Result>(_ body: (CellReader) throws -> Result) rethrows -> Result {
    try body(reader!)
  }

  /// The box of a cell, in pixels of the network's input.
  package func box(of cell: Int) -> Box { withReader { $0.box(of: cell) } }

  /// Objectness, or the largest product where there is none.
  package func objectness(of cell: Int) -> Float { withReader { $0.objectness(of: cell) } }

  /// The class probabilities (or products) of a cell.
  package func classScores(of cell: Int) -> [Float] {
    withReader { reader in
      let scores = reader.classScores(of: cell)
      return (0..<classCount).map { scores[$0] }
    }
  }

  /// Why the cells of two graphs cannot be compared; `nil` when they can.
  package func incomparability(with other: Cells) -> String? {
    if layout.cellCount != other.layout.cellCount {
      return "\(layout.cellCount) cells against \(other.layout.cellCount)"
    }
    if layout != other.layout { return "the cells are arranged in different grids" }
    if labels == nil, other.labels == nil, classCount != other.classCount {
      return "\(classCount) classes against \(other.classCount)"
    }
    return nil
  }
}

/// Where the numbers of one scale's cells stand.
struct CellScale: Sendable {
  /// How a cell's four box channels are meant.
  enum BoxEncoding: Sendable {
    case corners
    case centerAndSize
    /// What a head map holds after the sigmoid.
    case head(HeadDecoder<Float>)
  }

  /// A float32 tensor and where its numbers stand.
  struct Channels: Sendable {
    let tensor: Tensor
    let places: Places
    /// Whether the numbers are logits.
    var isLogit: Bool

    init(
      tensor: Tensor, first: Int, anchorStride: Int, cellStride: Int, channelStride: Int,
      isLogit: Bool = false
    ) {
      self.tensor = tensor
      self.isLogit = isLogit
      places = Places(
        first: first, anchorStride: anchorStride, cellStride: cellStride,
        channelStride: channelStride)
    }
  }

  /// The distances, in elements, between the numbers of neighbours.
  struct Places: Sendable {
    /// The first channel of the scale's first cell.
    let first: Int
    let anchorStride: Int
    let cellStride: Int
    let channelStride: Int

    /// The index of the first channel of a cell.
    ///
    /// - Parameter rowOfCell: where the tensors are rows in another order.
    func index(of cell: Int, in grid: CellLayout.Scale, rowOfCell: [Int]?) -> Int {
      if let rowOfCell { return first + (rowOfCell[cell] - grid.firstCell) * cellStride }
      let (anchor, place) = (cell - grid.firstCell).quotientAndRemainder(
        dividingBy: grid.cellsPerAnchor)
      return first + anchor * anchorStride + place * cellStride
    }
  }

  let grid: CellLayout.Scale
  let encoding: BoxEncoding
  let boxes: Channels
  /// Objectness (if there is any) and classes.
  let scores: Channels
}
