import Detection
import Dumps
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// What an engine wrote against the reference: rows in any order and any format.
struct DumpComparisonTests {
  private let folder: TemporaryFolder
  private let model: String
  private let image: String
  private let dump: EngineDump

  init() throws {
    folder = try TemporaryFolder()
    model = try folder.write(TinyDetector.plugin(), as: "plugin.onnx")
    image = try folder.write(TinyDetector.noise(), as: "noise.npy")
    dump = EngineDump(try Self.outputs(of: TinyDetector.plugin()))
  }

  private static func outputs(of model: Model) throws -> [String: Tensor] {
    let run = try ModelRun(model, inputs: ["images": TinyDetector.noise()])
    return Dictionary(run.outputs.map { ($0.name, $0.tensor) }) { first, _ in first }
  }

  private func report(
    _ dump: EngineDump, as format: EngineDump.Format = .npz, engine: EnginePrecision = .fp32
  ) throws -> Report {
    var options = DumpOptions()
    options.engine = engine
    return try compareDump(
      model: model, image: image, dump: dump.write(as: format, in: folder), options: options)
  }

  @Test(arguments: EngineDump.Format.allCases)
  func rowsInAnyOrderAreEquivalent(_ format: EngineDump.Format) throws {
    #expect(dump.rows.count > 50)
    var shuffled = dump
    shuffled.shuffle()
    shuffled.garbage = .nan
    let report = try report(shuffled, as: format)
    #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    let candidates = try #require(report.images.first?.candidates)
    #expect(candidates.matched == dump.rows.count)
    #expect(candidates.original == dump.rows.count && candidates.patched == dump.rows.count)
    #expect(report.images.first?.cells == nil)
    #expect(report.dump?.significantDigits == (format == .trtexec ? 6 : nil))
    #expect(report.dump?.engine == .fp32)
    #expect(candidates.maxBoxErrorPx.value <= (format == .trtexec ? 5e-4 : 0))
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let kinds: Set<CandidateComparison.Finding.Kind>
    let change: @Sendable (inout [EngineDump.Row]) -> Void

    init(
      _ title: String, _ kinds: Set<CandidateComparison.Finding.Kind>,
      _ change: @escaping @Sendable (inout [EngineDump.Row]) -> Void
    ) {
      testDescription = title
      self.kinds = kinds
      self.change = change
    }
  }

  /// The row that is made wrong, of rows that are shuffled.
  private static let row = 17

  static let faults = [
    Fault("moved by a pixel", [.moved]) { rows in
      for axis in 0..<4 { rows[row].box[axis] += 1 }
    },
    Fault("one side moved by a twentieth", [.resized]) { $0[row].box[2] += 0.05 },
    Fault("another score", [.rescored]) { $0[row].score += 1e-4 },
    Fault("another class", [.reclassified]) { $0[row].classIndex = ($0[row].classIndex + 1) % 4 },
    Fault("a box that is no number", [.nonFinite]) { $0[row].box[1] = .nan },
    Fault("a score that is no number", [.nonFinite]) { $0[row].score = .nan },
    Fault("an infinite box", [.nonFinite]) { $0[row].box[3] = .infinity },
    Fault("twice the same row", [.missing, .extra]) { $0[row] = $0[row + 1] },
    Fault("a row left out", [.missing]) { $0.remove(at: row) },
    Fault("a row of nowhere", [.extra]) {
      $0.append(EngineDump.Row(box: [1, 2, 3, 4], score: 0.9, classIndex: 2))
    },
  ]

  @Test(arguments: faults, [EngineDump.Format.npz, .trtexec])
  func aFaultOfOneRowIsFoundInIt(_ fault: Fault, _ format: EngineDump.Format) throws {
    var wrong = dump
    wrong.shuffle()
    wrong.garbage = 3
    let intact = wrong.rows[Self.row]
    fault.change(&wrong.rows)
    let report = try report(wrong, as: format)
    #expect(report.verdict == .different)
    let findings = try #require(report.images.first?.candidates?.findings)
    let kinds = Set(findings.map(\.kind))
    #expect(!kinds.isEmpty && kinds.isSubset(of: fault.kinds), "\(report.text)")
    if [[.moved], [.resized], [.rescored], [.reclassified]].contains(fault.kinds) {
      #expect(findings.map(\.row) == [Self.row], "\(report.text)")
      // The cell is the one that the row comes from.
      let place = try #require(dump.rows.firstIndex(of: intact))
      #expect(findings[0].cell == (try cellsOfRows())[place])
    }
  }

  /// The cell of each of the plugin's rows: those whose objectness reaches the threshold, in order.
  private func cellsOfRows() throws -> [Cell] {
    let run = try ModelRun(
      TinyDetector.plugin(), inputs: ["images": TinyDetector.noise()],
      keeping: ["p3", "p4", "p5"])
    var cells: [Cell] = []
    for (scale, (_, map)) in run.outputs.suffix(3).enumerated() {
      let (rows, columns) = (map.shape[2], map.shape[3])
      let values = map.elements(of: Float.self)
      for anchor in 0..<3 {
        for place in 0..<rows * columns
        where values[(anchor * 9 + 4) * rows * columns + place] >= 0.25 {
          cells.append(
            Cell(scale: scale, anchor: anchor, row: place / columns, column: place % columns))
        }
      }
    }
    return cells
  }

  @Test func tensorsAreKnownByTypeAndShape() throws {
    for format in [EngineDump.Format.npz, .trtexec] {
      var renamed = dump
      renamed.names = ["d", "c", "b", "a"]
      let report = try report(renamed, as: format)
      #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
    }
  }

  @Test func aMissingNumberOfRowsIsReadOffZeros() throws {
    var numberless = dump
    numberless.missing = ["DecodeNumDetection"]
    for isTrimmed in [false, true] {
      numberless.isTrimmed = isTrimmed
      let report = try report(numberless)
      #expect(report.verdict == .equivalent, "\(report.text)\(report.failures)")
      #expect(report.notes.contains { $0.contains("no 'DecodeNumDetection'") })
    }
    numberless.isTrimmed = false
    numberless.garbage = 3
    let report = try report(numberless)
    #expect(report.verdict == .undecided)
    #expect(report.reasons.contains { $0.contains("do not end in zeros") })
  }

  @Test(arguments: ["DecodeDetectionBoxes", "DecodeDetectionScores", "DecodeDetectionClasses"])
  func whatIsMissingIsNamed(_ name: String) throws {
    var partial = dump
    partial.missing = [name]
    for format in [EngineDump.Format.npz, .trtexec] {
      let report = try report(partial, as: format)
      #expect(report.verdict == .undecided)
      #expect(
        report.reasons.contains { $0.contains("the dump has no '\(name)'") }, "\(report.text)")
    }
  }

  @Test func otherShapesAreUndecided() throws {
    let report = try report(EngineDump(rows: dump.rows, capacity: 500))
    #expect(report.verdict == .undecided)
    #expect(report.reasons.contains { $0.contains("[1,500,4] in the dump") }, "\(report.text)")
  }

  /// A candidate whose objectness rounding puts below the threshold, and one it lifts above.
  @Test func candidatesAtTheThresholdAreAmbiguous() throws {
    for threshold in [0.25, 0.26, 0.3] as [Float] {
      let all = EngineDump(try Self.outputs(of: TinyDetector.plugin(threshold: threshold - 0.004)))
      let fewer = EngineDump(try Self.outputs(of: TinyDetector.plugin(threshold: threshold)))
      guard all.rows.count > fewer.rows.count else { continue }
      let model = try folder.write(TinyDetector.plugin(threshold: threshold), as: "other.onnx")
      var options = DumpOptions()
      options.engine = .fp16
      options.comparison.confidence = threshold
      let report = try compareDump(
        model: model, image: image, dump: all.write(as: .npz, in: folder), options: options)
      #expect(report.verdict == .equivalent, "\(report.text)")
      let candidates = try #require(report.images.first?.candidates)
      #expect(candidates.ambiguous == all.rows.count - fewer.rows.count)
      #expect(candidates.findings.allSatisfy { $0.cell != nil && $0.kind == .ambiguous })
      options.engine = .fp32
      let strict = try compareDump(
        model: model, image: image, dump: all.write(as: .npz, in: folder), options: options)
      #expect(strict.verdict == .different)
      return
    }
    Issue.record("no candidate near any of the thresholds")
  }

  /// Boxes off by half of what an engine is allowed agree, by twice as much they do not.
  @Test(arguments: EnginePrecision.allCases) func tolerancesAreTheEngine(
    _ engine: EnginePrecision
  ) throws {
    let tolerance = try #require(try report(dump, engine: engine).images.first?.tolerances)
    for (factor, verdict) in [(0.5, Verdict.equivalent), (2, .different)] as [(Float, Verdict)] {
      var moved = dump
      for row in moved.rows.indices {
        let box = moved.rows[row].box
        let side = max(box[2] - box[0], box[3] - box[1])
        moved.rows[row].box[1] += factor * (tolerance.boxPx + side * (tolerance.boxRelative ?? 0))
      }
      let report = try report(moved, engine: engine)
      #expect(report.verdict == verdict, "\(report.text)")
    }
  }

  /// The engine's plugin is the reference's: what it drops is no difference between them.
  @Test func aThresholdAboveTheConfidenceIsNoDifference() throws {
    let model = try folder.write(TinyDetector.plugin(threshold: 0.4), as: "high.onnx")
    let rows = EngineDump(try Self.outputs(of: TinyDetector.plugin(threshold: 0.4)))
    let report = try compareDump(
      model: model, image: image, dump: rows.write(as: .npz, in: folder))
    #expect(report.verdict == .equivalent, "\(report.text)")
    #expect(report.images.first?.candidates?.matched == rows.rows.count)
  }

  @Test func theTextCallsTheSidesByTheirNames() throws {
    var wrong = dump
    wrong.rows[3].score += 0.01
    let text = try report(wrong, as: .trtexec).text
    #expect(text.contains("reference  \(model)"))
    #expect(text.contains("engine     fp32, written as trtexec-json, 6 significant digits"))
    #expect(text.contains("in row 3 at scale"))
    #expect(!text.contains("original") && !text.contains("patched"))
  }

  @Test func severalRunsAreJudgedOneByOne() throws {
    var wrong = dump
    wrong.rows[0].box[0] += 1
    let texts = [dump, wrong].map {
      String(decoding: $0.archive.polygraphyOutputs(runner: "trt"), as: UTF8.self)
    }
    // The runners of the second file are put behind those of the first.
    let end = "], \"polygraphy_class\": \"RunResults\"}\n"
    let second = texts[1].dropFirst("{\"lst\": [".count)
    let both = folder.file("both.json")
    try (texts[0].dropLast(end.count) + ", " + second).write(
      toFile: both, atomically: true, encoding: .utf8)
    let report = try compareDump(model: model, image: image, dump: both)
    #expect(report.images.map(\.verdict) == [.equivalent, .different])
    #expect(report.verdict == .different)
    var options = DumpOptions()
    options.run = 0
    #expect(
      try compareDump(model: model, image: image, dump: both, options: options).verdict
        == .equivalent)
    options.run = 2
    #expect(throws: UsageError.self) {
      try compareDump(model: model, image: image, dump: both, options: options)
    }
  }
}
