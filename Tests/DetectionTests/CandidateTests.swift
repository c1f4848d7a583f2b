import BoxMath
import Detection
import ONNXGraph
import Tensors
import Testing

@Suite struct CandidateTests {
  static let tolerance = DetectionTolerance(boxPx: 1e-3, score: 1e-6)
  static let rule = CandidateRule(threshold: 0.25, measure: .objectness)
  static let marked = Cell(scale: 1, anchor: 2, row: 3, column: 4)

  /// What the plugin's graph gives, changed on the way, and what comparing with the original finds.
  struct Fault: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var missing = 0
    var extra = 0
    var ambiguous = 0
    var specified = 0
    var classMismatches = 0
    var different: ClosedRange<Int> = 0...0
    var nonFinite = 0
    /// Changes the maps before either side sees them.
    var prepare: @Sendable (MadeUpDetector, inout [Tensor]) -> Void = { _, _ in }
    /// Changes the maps the plugin sees.
    var maps: @Sendable (MadeUpDetector, inout [Tensor]) -> Void = { _, _ in }
    /// Changes the plugin's outputs.
    var outputs: @Sendable (inout [String: Tensor]) -> Void = { _ in }
  }

  static let faults = [
    Fault(testDescription: "none"),
    Fault(
      testDescription: "boxes scaled behind the plugin", different: 200...300,
      outputs: { $0.change("DecodeDetectionBoxes") { (value: Float) in value * 1.01 } }),
    Fault(
      testDescription: "scores scaled behind the plugin", different: 200...300,
      outputs: { $0.change("DecodeDetectionScores") { (value: Float) in value * 0.99 } }),
    Fault(
      testDescription: "classes shifted by one", classMismatches: 285,
      outputs: { $0.change("DecodeDetectionClasses") { (value: Int32) in value + 1 } }),
    Fault(
      testDescription: "last row lost", missing: 1,
      outputs: { $0.change("DecodeNumDetection") { (value: Int32) in value - 1 } }),
    Fault(
      testDescription: "a row too many", extra: 1,
      outputs: { $0.change("DecodeNumDetection") { (value: Int32) in value + 1 } }),
    Fault(
      testDescription: "NaN in a box", nonFinite: 1,
      outputs: { $0.set("DecodeDetectionBoxes", 17, to: Float.nan) }),
    Fault(
      testDescription: "infinite score", nonFinite: 1,
      outputs: { $0.set("DecodeDetectionScores", 17, to: Float.infinity) }),
    Fault(
      testDescription: "a candidate that only the plugin sees", extra: 1,
      prepare: { $1 = $0.setting($1, marked, channel: 4, to: 0.2) },
      maps: { $1 = $0.setting($1, marked, channel: 4, to: 0.3) }),
    Fault(
      testDescription: "a candidate that only the original sees", missing: 1,
      prepare: { $1 = $0.setting($1, marked, channel: 4, to: 0.3) },
      maps: { $1 = $0.setting($1, marked, channel: 4, to: 0.2) }),
    Fault(
      testDescription: "the threshold between two roundings", ambiguous: 1,
      prepare: { $1 = $0.setting($1, marked, channel: 4, to: 0.25) },
      maps: { $1 = $0.setting($1, marked, channel: 4, to: Float(0.25).nextDown) }),
    Fault(
      testDescription: "exactly on the threshold", specified: 1,
      prepare: { $1 = $0.setting($1, marked, channel: 4, to: 0.25) }),
    Fault(
      testDescription: "no class above zero", specified: 1,
      prepare: { detector, maps in
        for channel in 5..<9 { maps = detector.setting(maps, marked, channel: channel, to: 0) }
        maps = detector.setting(maps, marked, channel: 4, to: 0.5)
      }),
    Fault(
      testDescription: "NaN classes on both sides", specified: 1,
      prepare: { detector, maps in
        for channel in 6..<9 { maps = detector.setting(maps, marked, channel: channel, to: .nan) }
        maps = detector.setting(maps, marked, channel: 5, to: 0)
        maps = detector.setting(maps, marked, channel: 4, to: 0.5)
      }),
    Fault(
      testDescription: "no class above zero, but not of the first", classMismatches: 1,
      different: 1...1,
      prepare: { detector, maps in
        for channel in 5..<9 { maps = detector.setting(maps, marked, channel: channel, to: -0.5) }
        maps = detector.setting(maps, marked, channel: 7, to: -0.25)
        maps = detector.setting(maps, marked, channel: 4, to: 0.5)
      }),
    Fault(
      testDescription: "NaN objectness", specified: 1, nonFinite: 1,
      prepare: { $1 = $0.setting($1, marked, channel: 4, to: .nan) }),
    Fault(
      testDescription: "two classes within rounding", ambiguous: 1,
      prepare: { detector, maps in
        for channel in 5..<9 { maps = detector.setting(maps, marked, channel: channel, to: 0.5) }
        maps = detector.setting(maps, marked, channel: 4, to: 0.5)
      },
      maps: { $1 = $0.setting($1, marked, channel: 8, to: Float(0.5).nextUp) }),
    Fault(
      testDescription: "two classes apart", classMismatches: 1, different: 1...1,
      prepare: { detector, maps in
        for channel in 5..<9 { maps = detector.setting(maps, marked, channel: channel, to: 0.5) }
        maps = detector.setting(maps, marked, channel: 4, to: 0.5)
      },
      maps: { $1 = $0.setting($1, marked, channel: 8, to: 0.51) }),
  ]

  @Test("every fault of the plugin's rows is found", arguments: faults, [nil, UInt64(5)])
  func finds(_ fault: Fault, shuffledBy seed: UInt64?) throws {
    let detector = MadeUpDetector()
    var maps = detector.maps(seed: 31)
    fault.prepare(detector, &maps)
    let original = try detector.originalCandidates(maps, Self.rule)
    fault.maps(detector, &maps)
    var outputs = detector.pluginOutputs(maps, shuffledBy: seed)
    fault.outputs(&outputs)
    let patched = try detector.pluginCandidates(maps, outputs, Self.rule, Self.tolerance)
    let found = CandidateMatching(
      original: original, patched: patched, rule: Self.rule, tolerance: Self.tolerance
    ).comparison
    #expect(found.missing == fault.missing && found.extra == fault.extra, "\(found)")
    #expect(found.ambiguous == fault.ambiguous && found.specified == fault.specified, "\(found)")
    #expect(found.classMismatches == fault.classMismatches, "\(found)")
    #expect(fault.different.contains(found.different), "\(found)")
    #expect(found.nonFinite == fault.nonFinite, "\(found)")
    #expect(found.matched + found.missing <= found.original)
    #expect(
      found.agrees
        == (fault.missing + fault.extra + fault.classMismatches + fault.different.upperBound
          + fault.nonFinite == 0))
    let expectedKinds = fault.missing + fault.extra + fault.ambiguous + fault.specified
    if expectedKinds > 0 { #expect(found.findings.count >= expectedKinds) }
    if fault.ambiguous + fault.specified > 0 { #expect(found.findings[0].cell == Self.marked) }
  }

  @Test(
    "NaN that was fed is specified or no difference",
    arguments: [([0], 0), ([4], 1), ([5], 0), ([5, 6, 7, 8], 1)])
  func nanThatWasFed(_ channels: [Int], specified: Int) throws {
    let detector = MadeUpDetector()
    var maps = detector.setting(detector.maps(seed: 37), Self.marked, channel: 4, to: 0.5)
    for channel in channels {
      maps = detector.setting(maps, Self.marked, channel: channel, to: .nan)
    }
    let original = try detector.originalCandidates(maps, Self.rule)
    let patched = try detector.pluginCandidates(
      maps, detector.pluginOutputs(maps), Self.rule, Self.tolerance)
    func matching(_ rule: NonFiniteRule) -> CandidateMatching {
      CandidateMatching(
        original: original, patched: patched, rule: Self.rule, tolerance: Self.tolerance,
        nonFinite: rule)
    }
    let found = matching(.mayBeShared)
    #expect(found.comparison.agrees, "\(found.comparison)")
    #expect(found.comparison.specified == specified, "\(found.comparison)")
    #expect(found.cells[.specified, default: []].count == specified)
    #expect(matching(.differs).comparison.agrees == (channels == [5]))
  }

  @Test("a shuffled plugin agrees, row for row", arguments: 0..<10 as Range<UInt64>)
  func shuffled(seed: UInt64) throws {
    let detector = MadeUpDetector()
    let maps = detector.maps(seed: seed)
    let original = try detector.originalCandidates(maps, Self.rule)
    let patched = try detector.pluginCandidates(
      maps, detector.pluginOutputs(maps, shuffledBy: seed), Self.rule, Self.tolerance)
    let found = CandidateMatching(
      original: original, patched: patched, rule: Self.rule, tolerance: Self.tolerance
    ).comparison
    #expect(found.agrees && found.matched == found.original && found.original == found.patched)
    #expect(found.original > 200 && found.findings.isEmpty)
    #expect(found.maxBoxErrorPx < 2e-4 && found.maxScoreError < 2e-7)
  }

  @Test("rows that tie in everything but their box find their cells")
  func ties() throws {
    let detector = MadeUpDetector()
    var maps = detector.maps(seed: 32)
    // Every score is 0: only the boxes tell the rows apart.
    for number in 0..<detector.layout.cellCount {
      for channel in 5..<9 {
        maps = detector.setting(maps, detector.layout[number], channel: channel, to: 0)
      }
    }
    let original = try detector.originalCandidates(maps, Self.rule)
    let patched = try detector.pluginCandidates(
      maps, detector.pluginOutputs(maps, shuffledBy: 1), Self.rule, Self.tolerance)
    let found = CandidateMatching(
      original: original, patched: patched, rule: Self.rule, tolerance: Self.tolerance
    ).comparison
    #expect(found.agrees && found.matched == found.original && found.specified == found.matched)
  }

  @Test("no candidates on either side agree")
  func empty() throws {
    let detector = MadeUpDetector()
    var maps = detector.maps(seed: 33)
    for number in 0..<detector.layout.cellCount {
      maps = detector.setting(maps, detector.layout[number], channel: 4, to: 0.125)
    }
    let original = try detector.originalCandidates(maps, Self.rule)
    let patched = try detector.pluginCandidates(
      maps, detector.pluginOutputs(maps), Self.rule, Self.tolerance)
    let found = CandidateMatching(
      original: original, patched: patched, rule: Self.rule, tolerance: Self.tolerance
    ).comparison
    #expect(found == CandidateComparison() && found.agrees)
  }

  @Test("with products on one side, both sides' candidates go by the product")
  func products() throws {
    let detector = MadeUpDetector()
    let maps = detector.maps(seed: 34)
    let (boxes, scores) = detector.boxesAndScores(maps)
    let boxesEnding = detector.boxesGraph().recognized()
    let tensors = ["bbox": boxes, "cls_score": scores]
    let rule = CandidateRule(
      forms: [detector.decodedGraph().recognized().form, boxesEnding.form], own: [],
      confidence: 0.25)
    #expect(rule == CandidateRule(threshold: 0.25, measure: .product))
    let original = try detector.originalCandidates(maps, rule)
    let patched = try boxesEnding.candidates(
      in: tensors, image: 0, cells: boxesEnding.cells(in: tensors, image: 0), rule: rule,
      tolerance: Self.tolerance)
    let plugin = try detector.pluginCandidates(
      maps, detector.pluginOutputs(maps), rule, Self.tolerance)
    for other in [original, plugin] {
      let found = CandidateMatching(
        original: other, patched: patched, rule: rule, tolerance: Self.tolerance
      ).comparison
      #expect(found.agrees && found.matched == found.original, "\(found)")
      #expect(found.matched == detector.decoded(maps).count { $0[4] * $0[5...].max()! >= 0.25 })
    }
  }

  @Test("a plugin's threshold is the rule where there is one, the higher of two")
  func ruleOfThreshold() {
    let plugin = MadeUpDetector().pluginGraph(threshold: 0.125).recognized()
    func rule(_ own: [CandidateRule]) -> CandidateRule {
      CandidateRule(forms: [.yolov5Decoded, plugin.form], own: own, confidence: 0.5)
    }
    #expect(
      rule([plugin.ownRule!]) == CandidateRule(threshold: 0.125, measure: .objectness))
    let products = [0.125, 0.25].map { CandidateRule(threshold: $0, measure: .product) }
    #expect(rule(products) == CandidateRule(threshold: 0.25, measure: .objectness))
    #expect(rule([]).threshold == 0.5)
    let strict = CandidateRule(threshold: 0.25, measure: .product, admitsThreshold: false)
    #expect(!rule([strict, products[1]]).admitsThreshold)
  }

  @Test("a number of rows that cannot be is a difference", arguments: [Int32(-1), 379])
  func impossibleCount(_ count: Int32) throws {
    let detector = MadeUpDetector()
    let maps = detector.maps(seed: 35)
    var outputs = detector.pluginOutputs(maps)
    outputs["DecodeNumDetection"] = Tensor([count], shape: [1, 1])
    let found = try detector.pluginCandidates(maps, outputs, Self.rule, Self.tolerance)
    #expect(found.differences.count == 1 && found.differences[0].contains("0 to 378"))
  }

  @Test("maps given coarsest first keep their cells")
  func coarsestFirst() throws {
    let detector = MadeUpDetector()
    let maps = detector.maps(seed: 36)
    var graph = detector.pluginGraph()
    graph.nodes[graph.nodes.count - 1].inputs.reverse()
    let ending = graph.recognized()
    let cells = try ending.cells(in: detector.named(maps), image: 0)
    #expect(cells.layout == detector.layout)
    let original = try detector.originalCandidates(maps, Self.rule)
    // The plugin takes the input's size from its last map and the anchors in the wrong order.
    let comparison = original.cells!.compare(with: cells, tolerance: Self.tolerance)
    #expect(comparison.different == 378 && comparison.maxScoreError == 0)
  }
}

// MARK: Support

extension MadeUpDetector {
  func originalCandidates(_ maps: [Tensor], _ rule: CandidateRule) throws -> CandidateSet {
    let ending = decodedGraph().recognized()
    let tensors = ["output": decodedRows(maps)]
    return try ending.candidates(
      in: tensors, image: 0, cells: ending.cells(in: tensors, image: 0), rule: rule,
      tolerance: CandidateTests.tolerance)
  }

  func pluginCandidates(
    _ maps: [Tensor], _ outputs: [String: Tensor], _ rule: CandidateRule,
    _ tolerance: DetectionTolerance
  ) throws -> CandidateSet {
    let ending = pluginGraph().recognized()
    let tensors = outputs.merging(named(maps)) { output, _ in output }
    return try ending.candidates(
      in: tensors, image: 0, cells: ending.cells(in: tensors, image: 0), rule: rule,
      tolerance: tolerance)
  }
}

extension [String: Tensor] {
  mutating func change<T: Tensors.Element>(_ name: String, _ change: (T) -> T) {
    let tensor = self[name]!
    self[name] = Tensor(tensor.elements(of: T.self).map(change), shape: tensor.shape)
  }

  mutating func set<T: Tensors.Element>(_ name: String, _ index: Int, to value: T) {
    var elements = self[name]!.elements(of: T.self)
    elements[index] = value
    self[name] = Tensor(elements, shape: self[name]!.shape)
  }
}
