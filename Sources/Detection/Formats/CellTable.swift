import BoxMath

/// Neighbouring numbers of every cell in one tensor: rows `[N, A, width]` (or `[N, A, 1, width]`,
/// `[N, A, width, 1]`), or columns `[N, width, A]`.
package struct ColumnRange: Sendable, Equatable {
  /// Whether a cell's numbers stand side by side, or a column's.
  package enum Order: Sendable { case rows, columns }

  package let tensor: String
  /// The place of the first number among a cell's.
  package var first = 0
  package var order = Order.rows

  package init(_ tensor: String, first: Int = 0, order: Order = .rows) {
    self.tensor = tensor
    self.first = first
    self.order = order
  }

  /// The numbers `count` places further on.
  package func advanced(by count: Int) -> ColumnRange {
    ColumnRange(tensor, first: first + count, order: order)
  }
}

/// What a coordinate of a box counts.
package struct BoxUnit: Sendable, Equatable {
  /// Pixels of the network's input that 1 stands for.
  package var pixelsX: Float
  package var pixelsY: Float

  package static let pixels = BoxUnit(pixelsX: 1, pixelsY: 1)

  /// Fractions of the sides of a network's input.
  package static func fractions(width: Int, height: Int) -> BoxUnit {
    BoxUnit(pixelsX: Float(width), pixelsY: Float(height))
  }

  package var isPixels: Bool { self == .pixels }
}

/// What the scores of a cell are.
package enum CellScores: String, Sendable, Equatable {
  /// Objectness, then the probability of each class.
  case objectnessAndClasses
  /// Objectness times class, or class alone where there is no objectness.
  case products
  /// The best product alone; ``CellTable/labels`` tells its class.
  case best
}

/// What has been done to scores before they are given out.
package enum ScoreActivation: String, Sendable, Equatable {
  case probability
  /// A sigmoid makes them probabilities.
  case logit
  /// A softmax makes them probabilities; the last of them stands for no object.
  case softmaxWithNothingLast
}

/// Where a graph's tensors hold a decoded box and scores for every cell.
package struct CellTable: Sendable {
  /// Four numbers.
  package var boxes: ColumnRange
  package var scores: ColumnRange
  /// The class of the best product, for ``CellScores/best``.
  package var labels: ColumnRange?
  package var kind: CellScores
  package var coding: BoxCoding
  /// Whether y stands before x.
  package var isYFirst = false
  package var unit = BoxUnit.pixels
  package var activation = ScoreActivation.probability
  /// What the boxes are corrections to: `[1, A, 4]` or `[N, A, 4]`; `nil` where they are decoded.
  package var anchors: String?
  /// The YOLOv5 head maps the cells are made from, finest first; empty where it is not known.
  package var heads: [HeadMap] = []

  package init(
    boxes: ColumnRange, scores: ColumnRange, labels: ColumnRange? = nil, kind: CellScores,
    coding: BoxCoding, heads: [HeadMap] = []
  ) {
    self.boxes = boxes
    self.scores = scores
    self.labels = labels
    self.kind = kind
    self.coding = coding
    self.heads = heads
  }

  /// How many classes the cells have where only the best is known.
  var classCountOfBest: Int? { kind == .best ? 1 : nil }

  /// How many scores a cell has in the table.
  package func scoreCount(_ classCount: Int) -> Int {
    switch kind {
    case .objectnessAndClasses: 1 + classCount
    case .products: classCount + (activation == .softmaxWithNothingLast ? 1 : 0)
    case .best: 1
    }
  }

  /// The place behind a cell's scores.
  package func firstBehindScores(_ classCount: Int) -> Int {
    scores.first + scoreCount(classCount)
  }

  /// Whether a cell's numbers can be read where they stand.
  var isReadInPlace: Bool {
    unit.isPixels && !isYFirst && kind != .best && activation != .softmaxWithNothingLast
  }

  /// The tensors a run has to keep, each once.
  package var names: [String] {
    var names: [String] = []
    for name in [boxes.tensor, scores.tensor, labels?.tensor, anchors].compactMap({ $0 })
    where !names.contains(name) {
      names.append(name)
    }
    return names
  }
}
