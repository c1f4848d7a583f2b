import BoxMath
import Detection
import Tensors
import Testing

/// Cells of which only some are known, as a record holds them.
@Suite struct KnownCellsTests {
  private static let tolerance = DetectionTolerance(boxPx: 1e-3, score: 1e-6)
  private static let detector = MadeUpDetector()
  private static let numbers = [377, 5, 100, 0]

  private static func all() throws -> Cells { try detector.pluginCells(detector.maps(seed: 3)) }

  private static func some() throws -> Cells {
    let all = try all()
    return Cells(
      known: numbers.map(all.known), layout: all.layout, classCount: all.classCount,
      scoring: all.scoring)
  }

  @Test func `they read as the cells they were taken from`() throws {
    let (all, some) = (try Self.all(), try Self.some())
    for number in 0..<all.layout.cellCount {
      #expect(some.knows(number) == Self.numbers.contains(number))
      if some.knows(number) { #expect(some.known(number) == all.known(number)) }
    }
  }

  @Test func `comparing looks at them alone, on either side`() throws {
    let (all, some) = (try Self.all(), try Self.some())
    for (a, b) in [(some, all), (all, some), (some, some)] {
      let found = a.compare(with: b, tolerance: Self.tolerance)
      #expect(found.compared == 4 && found.agrees && found.maxBoxErrorPx == 0)
    }
  }

  @Test(arguments: numbers) func `a fault in one is found in its place`(_ number: Int) throws {
    let all = try Self.all()
    var known = Self.numbers.map(all.known)
    let place = try #require(known.firstIndex { $0.cell == number })
    known[place].classScores[2] += 0.25
    let wrong = Cells(
      known: known, layout: all.layout, classCount: all.classCount, scoring: all.scoring)
    let found = all.compare(with: wrong, tolerance: Self.tolerance)
    #expect(found.different == 1)
    #expect(found.worst == all.layout[number])
    #expect(found.worstClass == 2)
  }

  @Test func `a rule measures and finds what is known`() throws {
    let (all, some) = (try Self.all(), try Self.some())
    let least = Self.numbers.map(all.objectness).sorted()[2]
    let rule = CandidateRule(threshold: least, measure: .objectness)
    let found = some.candidates(rule).candidates
    #expect(
      found == all.candidates(rule).candidates.filter { Self.numbers.contains($0.cell!) })
    #expect(found.count == 2)
    #expect(rule.measure(5, in: some) == all.objectness(of: 5))
    #expect(rule.measure(6, in: some) == nil)
  }
}
