import BoxMath
import Kernels

/// A cell whose objectness reaches the threshold, or a row of the plugin.
package struct Candidate: Sendable, Equatable {
  /// The number of the cell it comes from, when that is known.
  package var cell: Int?
  /// The plugin's row that it is.
  package var row: Int?
  package var boxInNetworkPixels: Box
  /// Objectness times class probability.
  package var score: Float
  /// -1 where the plugin found no class.
  package var classIndex: Int

  package init(
    cell: Int? = nil, row: Int? = nil, boxInNetworkPixels: Box, score: Float, classIndex: Int
  ) {
    self.cell = cell
    self.row = row
    self.boxInNetworkPixels = boxInNetworkPixels
    self.score = score
    self.classIndex = classIndex
  }

  package var isFinite: Bool { boxInNetworkPixels.isFinite && score.isFinite }
}

/// Which cells are candidates.
package struct CandidateRule: Sendable, Equatable {
  package enum Measure: Sendable {
    case objectness
    /// Objectness times the largest class probability, where one graph has nothing else.
    case product
  }

  package let threshold: Float
  package let measure: Measure
  /// Whether what is exactly on the threshold is a candidate.
  package let admitsThreshold: Bool

  package init(threshold: Float, measure: Measure, admitsThreshold: Bool = true) {
    self.threshold = threshold
    self.measure = measure
    self.admitsThreshold = admitsThreshold
  }

  /// The rule for two graphs that end in `forms`.
  ///
  /// - Parameter own: those by which a graph drops candidates itself; the strictest counts, and
  ///   `confidence` where there is none.
  package init(forms: [Form], own: [CandidateRule], confidence: Float) {
    let strictest = own.max {
      ($0.threshold, $0.admitsThreshold ? 0 : 1) < ($1.threshold, $1.admitsThreshold ? 0 : 1)
    }
    threshold = strictest?.threshold ?? confidence
    admitsThreshold = strictest?.admitsThreshold ?? true
    measure = forms.contains(where: \.hasProductsOnly) ? .product : .objectness
  }

  /// Whether a number falls short of the threshold; a NaN does not.
  package func rejects(_ number: Float) -> Bool {
    number < threshold || (number == threshold && !admitsThreshold)
  }

  /// What the threshold is applied to in one cell.
  ///
  /// - Returns: `nil` when the cell is not known.
  package func measure(_ cell: Int, in cells: Cells?) -> Float? {
    guard let cells, cells.knows(cell) else { return nil }
    return switch measure {
    case .objectness: cells.objectness(of: cell)
    case .product: cells.largestProduct(of: cell)
    }
  }
}

/// The candidates of one graph on one image.
package struct CandidateSet: Sendable {
  /// By cell; those whose cell is not known come last.
  package let candidates: [Candidate]
  /// The cells they come from, to look up what is not a candidate; `nil` when they are not known.
  package let cells: Cells?
  /// Whether they are rows of the plugin.
  package let isPlugin: Bool
  /// What is wrong with the tensors the candidates are read from.
  package let differences: [String]
  /// The score of the last row where a graph keeps no more than it has given; `nil` where it might
  /// have given more.
  package let rowLimit: Float?

  package init(
    candidates: [Candidate], cells: Cells?, isPlugin: Bool = false, differences: [String] = [],
    rowLimit: Float? = nil
  ) {
    self.rowLimit = rowLimit
    self.candidates = candidates.enumerated().sorted {
      ($0.element.cell ?? .max, $0.offset) < ($1.element.cell ?? .max, $1.offset)
    }.map { $0.element }
    self.cells = cells
    self.isPlugin = isPlugin
    self.differences = differences
  }
}

extension Cells {
  /// The cells that the rule makes candidates.
  package func candidates(_ rule: CandidateRule) -> CandidateSet {
    let found = withReader { reader in
      var found: [Candidate] = []
      reader.forEachCell(of: rule) { cell, choice in
        let objectness = reader.hasObjectness ? reader.objectness(of: cell) : 1
        found.append(
          Candidate(
            cell: cell, boxInNetworkPixels: reader.box(of: cell),
            score: objectness * choice.probability, classIndex: choice.index))
      }
      return found
    }
    return CandidateSet(candidates: found, cells: self)
  }

  /// Objectness times the largest class probability.
  func largestProduct(of cell: Int) -> Float {
    withReader { reader in
      let probability = reader.bestClass(of: cell).probability
      return reader.hasObjectness ? reader.objectness(of: cell) * probability : probability
    }
  }

  /// The rows `YoloLayer_TRT` makes of these cells: a NaN objectness is kept, and a class has to be
  /// above 0.
  func pluginRows(threshold: Float) -> [Candidate] {
    withReader { reader in
      var rows: [Candidate] = []
      reader.forEachCell(choosing: .plugin) { block in
        .!(block.objectness .< threshold)
      } body: { cell, choice in
        rows.append(
          Candidate(
            cell: cell, boxInNetworkPixels: reader.box(of: cell),
            score: reader.objectness(of: cell) * choice.probability, classIndex: choice.index))
      }
      return rows
    }
  }
}

extension CellReader {
  /// How a cell's class is chosen.
  fileprivate enum ClassRule {
    case firstLargest
    case plugin

    /// Those of ``ClassChoice``.
    func choices(_ classes: CellBlocks.Channels) -> CellBlocks.Choices {
      switch self {
      case .firstLargest: .firstLargest(classes)
      case .plugin: .firstLargestAboveZero(classes)
      }
    }
  }

  /// Calls `body` for each cell that the rule makes a candidate, with its class.
  fileprivate func forEachCell(
    of rule: CandidateRule, _ body: (_ cell: Int, _ choice: ClassChoice<Float>) -> Void
  ) {
    let needsClasses = rule.measure == .product || !hasObjectness
    forEachCell(choosing: .firstLargest, withClasses: needsClasses) { block in
      var measure = needsClasses ? block.largestClassScore : block.objectness
      if needsClasses, hasObjectness { measure *= block.objectness }
      return rule.admitsThreshold ? measure .>= rule.threshold : measure .> rule.threshold
    } body: {
      body($0, $1)
    }
  }

  fileprivate func forEachCell(
    choosing rule: ClassRule, withClasses: Bool = false,
    where isWanted: (CellBlock) -> SIMDMask<SIMD16<Int32>>,
    body: (_ cell: Int, _ choice: ClassChoice<Float>) -> Void
  ) {
    var block = CellBlock(classCount: classCount)
    forEachStretch { stretch in
      loadScores(stretch, into: &block, withClasses: withClasses)
      let wanted = isWanted(block)
      guard any(wanted) else { return }
      let choices = classesInPlace(stretch).map(rule.choices)
      for lane in 0..<stretch.count where wanted[lane] {
        let cell = stretch.firstCell + lane
        let choice = choices.map {
          ClassChoice(
            index: classIndex(Int($0.best[lane]), of: cell), probability: $0.largest[lane])
        }
        body(cell, choice ?? self.choice(of: cell, rule))
      }
    }
  }

  private func choice(of cell: Int, _ rule: ClassRule) -> ClassChoice<Float> {
    switch rule {
    case .firstLargest: return bestClass(of: cell)
    case .plugin:
      let scores = classScores(of: cell)
      return .pluginRule(of: classCount) { scores[$0] }
    }
  }
}

extension CellBlock {
  fileprivate var largestClassScore: SIMD16<Float> {
    var largest = SIMD16<Float>(repeating: -.infinity)
    for score in classes { largest.replace(with: score, where: score .> largest) }
    return largest
  }
}
