import BoxMath
import Detection
import Tensors
import TestSupport
import Testing

/// Mistakes in how numbers are read are named from the two sides' cells alone, and right cells give none.
struct ReadingDiagnosisTests {
  private static let layout = CellLayout([(1, 8, 8), (1, 4, 4)])
  private static let classCount = 4

  struct Mistake: Sendable, CustomTestStringConvertible {
    let id: String
    let change: @Sendable (inout KnownCell) -> Void
    var testDescription: String { id }
  }

  static let mistakes = [
    Mistake(id: "center-size-boxes") { cell in
      let b = cell.boxInNetworkPixels
      cell.boxInNetworkPixels = Box(
        x1: (b.x1 + b.x2) / 2, y1: (b.y1 + b.y2) / 2, x2: b.x2 - b.x1, y2: b.y2 - b.y1)
    },
    Mistake(id: "corner-and-size") { cell in
      let b = cell.boxInNetworkPixels
      cell.boxInNetworkPixels = Box(x1: b.x1, y1: b.y1, x2: b.x2 - b.x1, y2: b.y2 - b.y1)
    },
    Mistake(id: "yx-exchanged") { cell in
      let b = cell.boxInNetworkPixels
      cell.boxInNetworkPixels = Box(x1: b.y1, y1: b.x1, x2: b.y2, y2: b.x2)
    },
    Mistake(id: "box-unit") { cell in
      let b = cell.boxInNetworkPixels
      cell.boxInNetworkPixels = Box(
        x1: b.x1 / 64, y1: b.y1 / 64, x2: b.x2 / 64, y2: b.y2 / 64)
    },
    Mistake(id: "grid-offset") { cell in
      let b = cell.boxInNetworkPixels
      cell.boxInNetworkPixels = Box(
        x1: b.x1 + 0.5, y1: b.y1 + 0.5, x2: b.x2 + 0.5, y2: b.y2 + 0.5)
    },
    Mistake(id: "sigmoid-twice") { cell in
      cell.classScores = cell.classScores.map { 1 / (1 + Float(Double($0).negatedExponential)) }
    },
    Mistake(id: "class-shift") { cell in
      cell.classScores = Array(cell.classScores.dropFirst() + cell.classScores.prefix(1))
    },
  ]

  private static func cells(
    _ change: (inout KnownCell) -> Void = { _ in }
  ) -> Cells {
    var generator = SeededGenerator(seed: 5)
    let known = (0..<layout.cellCount).map { number in
      let (x, y) = (
        Float.random(in: 0...40, using: &generator), Float.random(in: 0...40, using: &generator)
      )
      var cell = KnownCell(
        cell: number,
        boxInNetworkPixels: Box(
          x1: x, y1: y, x2: x + Float.random(in: 3...20, using: &generator),
          y2: y + Float.random(in: 3...20, using: &generator)), objectness: nil,
        classScores: (0..<classCount).map { _ in Float.random(in: 0.01...0.99, using: &generator) })
      change(&cell)
      return cell
    }
    return Cells(known: known, layout: layout, classCount: classCount, scoring: .products)
  }

  private static func diagnosis(_ patched: Cells) -> [String]? {
    let original = cells()
    let tolerance = DetectionTolerance(boxPx: 1e-3, score: 1e-5)
    let rule = CandidateRule(threshold: 0.25, measure: .product)
    let pairs = ReadingPairs(
      original: original.candidates(rule), patched: patched.candidates(rule),
      cells: (original, patched),
      different: original.compare(with: patched, tolerance: tolerance).differentCells,
      networkWidth: 64, networkHeight: 64, tolerance: tolerance)
    return ReadingDiagnosis(pairs).diagnose()?.ids
  }

  @Test(arguments: mistakes) func aMistakeIsNamed(_ mistake: Mistake) {
    #expect(Self.diagnosis(Self.cells(mistake.change)) == [mistake.id])
    #expect(ReadingDiagnosis.ids.contains(mistake.id))
  }

  @Test func rightCellsHaveNone() {
    #expect(Self.diagnosis(Self.cells()) == nil)
  }

  @Test func noiseIsNoMistake() {
    var generator = SeededGenerator(seed: 9)
    let noisy = Self.cells { cell in
      let b = cell.boxInNetworkPixels
      cell.boxInNetworkPixels = Box(
        x1: b.x1 + Float.random(in: -1...1, using: &generator), y1: b.y1, x2: b.x2,
        y2: b.y2 + Float.random(in: -1...1, using: &generator))
    }
    #expect(Self.diagnosis(noisy) == nil)
  }

  /// The best of each cell alone tells its label, and a label that is off is a difference.
  @Test func labelsAreCompared() {
    let original = Self.cells()
    let tolerance = DetectionTolerance(boxPx: 1e-3, score: 1e-5)
    #expect(original.compare(with: original.best(), tolerance: tolerance).different == 0)
    let shifted = Self.cells { $0.classScores.swapAt(0, 1) }.best()
    let found = original.compare(with: shifted, tolerance: tolerance)
    #expect(found.classMismatches > 0 && found.different == found.classMismatches)
  }
}

extension Double {
  /// e to the power of minus this, by its series.
  fileprivate var negatedExponential: Double {
    var (term, sum) = (1.0, 1.0)
    for place in 1..<30 {
      term *= -self / Double(place)
      sum += term
    }
    return sum
  }
}
