import BoxMath
import Detection
import Dumps
import FoundationEssentials
import Kernels
import ONNXGraph
import Tensors

/// What a graph's plugin makes of given heads, the rest of the graph left out.
public struct Decoding: Sendable {
  /// The graph's outputs.
  public let outputs: TensorArchive
  public let summary: Summary
  private let run: PluginRun
  private let path: String

  public struct Summary: Sendable, Codable, Equatable {
    public var form: String
    public var outputs: [ModelRun.Summary.Output]
    /// For each image of the batch, its rows.
    public var images: [[Row]]
    public var notes: [String]
  }

  /// A row of the plugin's outputs.
  public struct Row: Sendable, Codable, Equatable {
    public var row: Int
    public var cell: Cell?
    /// Left, top, right and bottom in pixels of the network's input.
    public var box: [Figure]
    public var score: Figure
    public var `class`: Int
    public var label: String?
  }

  /// - Parameters:
  ///   - path: the path of a graph that ends in a plugin.
  ///   - heads: the plugin's inputs by their names in the graph; others are left out of account.
  ///   - threads: how many to use; all that the process may use when left out.
  /// - Throws: one line: what cannot be read or run, or lacks.
  public init(model path: String, heads: [String: Tensor], threads: Int? = nil) throws {
    let model = try LoadedModel(contentsOfFile: path)
    let tail = try PluginTail(model)
    var fed: [String: Tensor] = [:]
    for name in tail.inputs {
      guard let tensor = heads[name] ?? heads[name.inFileName] else {
        let given = heads.keys.sorted().map { "'\(shown: $0)'" }.joined(separator: ", ")
        throw Refusal(
          "\(path): the plugin's input '\(shown: name)' is not among what is given: \(given)")
      }
      fed[name] = try tensor.asFloat32()
    }
    let team = ThreadTeam(threadCount: threads ?? ThreadTeam.availableThreads)
    run = try tail.run(fed, on: team)
    self.path = path
    outputs = TensorArchive(run.outputs)
    summary = try Summary(run, path: path)
  }

  /// Holds what an engine made of the same heads against this.
  ///
  /// - Parameters:
  ///   - dump: the engine's outputs.
  ///   - dumpPath: where they were read, for messages.
  ///   - options: detections, tolerances and the engine; nothing else applies.
  /// - Throws: ``UsageError`` when the dump has no such run.
  public func compare(with dump: Dump, path dumpPath: String, options: DumpOptions)
    throws(UsageError)
    -> Report
  {
    if let run = options.run, !dump.runs.indices.contains(run) {
      throw UsageError(
        "--run is \(run), but \(dumpPath) holds \(dump.runs.count) runs, counted from 0")
    }
    var report = Report(
      verdict: .undecided,
      original: GraphReport(path: path, form: run.ending.form.rawValue),
      patched: GraphReport(path: dumpPath, form: run.ending.form.rawValue))
    report.dump = DumpReport(
      format: dump.format.rawValue, significantDigits: dump.significantDigits,
      engine: options.engine)
    let judge = DumpJudge(
      path: path, ending: run.ending, geometry: run.ending.geometry, tensors: run.tensors,
      dumpPath: dumpPath,
      rounding: EngineRounding(
        engine: options.engine, significantDigits: dump.significantDigits, isPlugin: true,
        isFedHeads: true),
      options: options.comparison, labels: ClassNames(metadata: run.part.model.metadata))
    let found = judge.judge(
      dump, run: options.run, imageCount: run.batch, named: "heads", run.frame)
    report.add(found.images, isComplete: found.isComplete)
    if report.verdict == .different { report.explain(found.evidence) }
    return report
  }
}

extension Decoding.Summary {
  fileprivate init(_ run: PluginRun, path: String) throws {
    form = run.ending.form.rawValue
    outputs = run.outputs.map { ModelRun.Summary.Output($0.name, $0.tensor) }
    notes = run.ending.notes + run.ending.differences
    guard let geometry = run.ending.geometry else {
      throw Refusal("\(path): the plugin's inputs do not go together")
    }
    let labels = ClassNames(metadata: run.part.model.metadata)
    images = try (0..<run.batch).map { image in
      let side = try DetectionSide(run.ending, run.tensors, image: image, geometry: geometry)
      let rule = CandidateRule(
        forms: [side.form], own: [side.ownRule].compactMap { $0 }, confidence: 0)
      let exact = DetectionTolerance(boxPx: 0, score: 0)
      let rows = try side.candidates(rule, exact).candidates
      return rows.map { row in
        Decoding.Row(
          row: row.row ?? 0, cell: row.cell.map { geometry.layout[$0] },
          box: (0..<4).map { Figure(row.boxInNetworkPixels.corners[$0]) },
          score: Figure(row.score), class: row.classIndex, label: labels?[row.classIndex])
      }.sorted { $0.row < $1.row }
    }
  }

  /// The rows for people, the first of each image.
  public var text: String {
    var lines = outputs.map { output in
      "output      \(output.name): \(output.type) [\(output.shape.map(String.init).joined(separator: ","))]"
    }
    for (index, rows) in images.enumerated() {
      lines.append(
        "\(rows.count) rows" + (images.count > 1 ? " of image \(index)" : "")
          + ", in network pixels")
      lines += rows.prefix(Self.rowLimit).map { "  " + $0.text }
      if rows.count > Self.rowLimit { lines.append("  and \(rows.count - Self.rowLimit) more") }
    }
    lines += notes.map { "note: \($0)" }
    return lines.map { $0 + "\n" }.joined()
  }

  private static let rowLimit = 20
}

extension Decoding.Row {
  fileprivate var text: String {
    let place = cell?.description ?? "no cell"
    let corners = box.map { $0.value.isFinite ? $0.value.fixed(3) : "not finite" }
    let name = label ?? "class \(`class`)"
    let shown = score.value.isFinite ? score.value.fixed(6) : "not finite"
    return "\(row): \(place): \(name) \(shown), box \(corners.joined(separator: " "))"
  }
}
