import BoxMath
import Detection
import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct CellComparisonTests {
  static let tolerance = DetectionTolerance(boxPx: 1e-3, score: 1e-6)

  /// A fault in the patched graph's maps or decode, and what comparing has to find.
  struct Fault: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var different: Int
    var nonFinite = 0
    var worst: Cell?
    var worstClass: Int?
    var boxErrorPx: ClosedRange<Float> = 0...2e-4
    var scoreError: ClosedRange<Float> = 0...0
    var cells: @Sendable (MadeUpDetector, [Tensor]) throws -> Cells
  }

  static let dull = Cell(scale: 0, anchor: 1, row: 7, column: 11)
  static let faults = [
    Fault(testDescription: "none", different: 0) { detector, maps in
      try detector.pluginCells(maps)
    },
    // One of the anchor's 24 cells is too narrow to show it.
    Fault(
      testDescription: "one anchor twenty pixels wider", different: 23,
      boxErrorPx: 20...40
    ) { detector, maps in
      var detector = detector
      detector.anchors[1][2].0 += 20
      return try detector.pluginCells(maps)
    },
    Fault(
      testDescription: "classes exchanged in a cell no candidate shows", different: 1, worst: dull,
      worstClass: 2, scoreError: 0.5...0.5
    ) { detector, maps in
      let maps = detector.setting(maps, dull, channel: 7, to: 0.25)
      return try detector.pluginCells(detector.setting(maps, dull, channel: 8, to: 0.75))
    },
    Fault(
      testDescription: "objectness a little off", different: 1, worst: dull,
      scoreError: 1.9e-6...2.1e-6
    ) { detector, maps in
      try detector.pluginCells(detector.setting(maps, dull, channel: 4, to: 0.0625 + 2e-6))
    },
    Fault(
      testDescription: "NaN in a box", different: 1, nonFinite: 1, worst: dull
    ) { detector, maps in
      try detector.pluginCells(detector.setting(maps, dull, channel: 0, to: .nan))
    },
    Fault(
      testDescription: "infinite width", different: 1, nonFinite: 1, worst: dull
    ) { detector, maps in
      try detector.pluginCells(detector.setting(maps, dull, channel: 2, to: .infinity))
    },
    Fault(
      testDescription: "NaN objectness", different: 1, nonFinite: 1, worst: dull
    ) { detector, maps in
      try detector.pluginCells(detector.setting(maps, dull, channel: 4, to: .nan))
    },
    Fault(
      testDescription: "NaN in the last class", different: 1, nonFinite: 1, worst: dull,
      worstClass: 3
    ) { detector, maps in
      try detector.pluginCells(detector.setting(maps, dull, channel: 8, to: .nan))
    },
    Fault(
      testDescription: "heads exchanged within a scale", different: 192,
      boxErrorPx: 1...1000, scoreError: 0.5...1
    ) { detector, maps in
      var values = maps[0].elements(of: Float.self)
      let size = values.count / 3
      let first = Array(values[..<size])
      values.replaceSubrange(..<size, with: values[size..<2 * size])
      values.replaceSubrange(size..<2 * size, with: first)
      return try detector.pluginCells([Tensor(values, shape: maps[0].shape)] + maps[1...])
    },
    Fault(
      testDescription: "another stride", different: 378, boxErrorPx: 1...1000
    ) { detector, maps in
      var graph = detector.pluginGraph()
      graph.nodes[graph.nodes.count - 1].attributes["max_stride"] = .int(64)
      return try graph.recognized().cells(in: detector.named(maps), image: 0)
    },
  ]

  /// Maps in which the dull cell has known numbers.
  private func maps(_ detector: MadeUpDetector) -> [Tensor] {
    let values: [Float] = [0.5, 0.5, 0.5, 0.5, 0.0625, 0.125, 0.125, 0.75, 0.25]
    return values.enumerated().reduce(detector.maps(seed: 21)) { maps, value in
      detector.setting(maps, Self.dull, channel: value.offset, to: value.element)
    }
  }

  @Test("every fault is found where it is", arguments: faults)
  func finds(_ fault: Fault) throws {
    let detector = MadeUpDetector()
    let maps = maps(detector)
    let original = try detector.decodedGraph().recognized().cells(
      in: ["output": detector.decodedRows(maps)], image: 0)
    let patched = try fault.cells(detector, maps)
    for comparison in [
      original.compare(with: patched, tolerance: Self.tolerance),
      patched.compare(with: original, tolerance: Self.tolerance),
      original.compare(
        with: patched, tolerance: Self.tolerance, on: ThreadTeam(threadCount: 3)),
    ] {
      #expect(comparison.compared == 378)
      #expect(comparison.different == fault.different)
      #expect(comparison.nonFinite == fault.nonFinite)
      #expect(comparison.agrees == (fault.different == 0))
      #expect(fault.boxErrorPx.contains(comparison.maxBoxErrorPx), "\(comparison.maxBoxErrorPx)")
      #expect(fault.scoreError.contains(comparison.maxScoreError), "\(comparison.maxScoreError)")
      if let worst = fault.worst { #expect(comparison.worst == worst) }
      if fault.worst != nil { #expect(comparison.worstClass == fault.worstClass) }
    }
  }

  @Test(
    "a NaN or an infinity on both sides is a difference all the same",
    arguments: [Float.nan, .infinity, -.infinity], [0, 3, 4, 8])
  func nonFiniteOnBothSides(_ value: Float, channel: Int) throws {
    let detector = MadeUpDetector()
    let maps = detector.setting(maps(detector), Self.dull, channel: channel, to: value)
    let cells = try detector.pluginCells(maps)
    let comparison = cells.compare(with: cells, tolerance: Self.tolerance)
    #expect(comparison.different == 1 && comparison.nonFinite == 1)
    #expect(comparison.worst == Self.dull && !comparison.agrees)
    #expect(comparison.maxBoxErrorPx == 0 && comparison.maxScoreError == 0)
  }

  @Test(
    "a NaN or an infinity that was fed is no difference where both sides have it",
    arguments: [Float.nan, .infinity, -.infinity], [0, 3, 4, 8])
  func nonFiniteThatWasFed(_ value: Float, channel: Int) throws {
    let detector = MadeUpDetector()
    let sound = maps(detector)
    let fed = try detector.pluginCells(
      detector.setting(sound, Self.dull, channel: channel, to: value))
    let both = fed.compare(with: fed, tolerance: Self.tolerance, nonFinite: .mayBeShared)
    #expect(both.agrees && both.nonFinite == 0 && both.worst == nil)
    let one = try fed.compare(
      with: detector.pluginCells(sound), tolerance: Self.tolerance, nonFinite: .mayBeShared)
    #expect(one.different == 1 && one.nonFinite == 1 && one.worst == Self.dull)
    #expect(one.worstClass == (channel == 8 ? 3 : nil))
    #expect(one.differentCells == [detector.layout.number(of: Self.dull)!])
  }

  @Test("an error exactly as large as the tolerance is within it")
  func toleranceIsInclusive() throws {
    let detector = MadeUpDetector()
    let maps = maps(detector)
    let original = try detector.pluginCells(maps)
    let patched = try detector.pluginCells(
      detector.setting(maps, Self.dull, channel: 4, to: 0.0625 + 0.03125))
    func different(_ score: Float) -> Int {
      original.compare(with: patched, tolerance: DetectionTolerance(boxPx: 0, score: score))
        .different
    }
    #expect(different(0.03125) == 0)
    #expect(different(Float(0.03125).nextDown) == 1)
    #expect(different(0) == 1)
  }

  @Test("errors are those of a plain loop", arguments: 0..<5 as Range<UInt64>)
  func errors(seed: UInt64) throws {
    let detector = MadeUpDetector()
    let maps = detector.maps(seed: seed)
    var generator = SeededGenerator(seed: seed + 100)
    let noisy = maps.map { map in
      Tensor(
        map.elements(of: Float.self).map { $0 + .random(in: -1e-4...1e-4, using: &generator) },
        shape: map.shape)
    }
    let (left, right) = (try detector.pluginCells(maps), try detector.pluginCells(noisy))
    let tolerance = DetectionTolerance(boxPx: 0.02, score: 9e-5)
    let comparison = left.compare(with: right, tolerance: tolerance)
    var (boxError, scoreError, different): (Float, Float, Int) = (0, 0, 0)
    for cell in 0..<378 {
      let box = left.box(of: cell).largestDifference(from: right.box(of: cell))
      let score = max(
        abs(left.objectness(of: cell) - right.objectness(of: cell)),
        zip(left.classScores(of: cell), right.classScores(of: cell)).map { abs($0 - $1) }.max()!)
      (boxError, scoreError) = (max(boxError, box), max(scoreError, score))
      if box > tolerance.boxPx || score > tolerance.score { different += 1 }
    }
    #expect(comparison.maxBoxErrorPx == boxError && comparison.maxScoreError == scoreError)
    #expect(comparison.different == different && (1..<378).contains(different))
  }

  @Test("cells that do not correspond are not compared")
  func incomparability() throws {
    let detector = MadeUpDetector()
    let cells = try detector.pluginCells(detector.maps(seed: 1))
    var other = detector
    other.classCount = 5
    #expect(
      cells.incomparability(with: try other.pluginCells(other.maps(seed: 1)))
        == "4 classes against 5")
    other = detector
    other.sizes = [(8, 8), (4, 4), (2, 2)]
    #expect(
      cells.incomparability(with: try other.pluginCells(other.maps(seed: 1)))
        == "378 cells against 252")
    other = detector
    other.sizes = [(12, 8), (6, 4), (3, 2)]
    #expect(
      cells.incomparability(with: try other.pluginCells(other.maps(seed: 1)))
        == "the cells are arranged in different grids")
  }
}

extension MadeUpDetector {
  func named(_ maps: [Tensor]) -> [String: Tensor] {
    ["p3": maps[0], "p4": maps[1], "p5": maps[2]]
  }

  /// The cells of a graph that ends in the plugin.
  func pluginCells(_ maps: [Tensor], image: Int = 0) throws -> Cells {
    try pluginGraph().recognized().cells(in: named(maps), image: image)
  }
}
