import Detection
import Interpreter
import Kernels
import ONNXGraph
import Tensors

extension SimulationReport {
  /// What an engine has to be allowed for each unit that the simulation moves: it may round in other
  /// places, and the comparison is with a graph that rounds as well.
  static let allowance: Float = 2

  /// Judges a graph's run by the same run rounded.
  ///
  /// - Parameters:
  ///   - ending: what the graph ends in.
  ///   - tensors: what it gave, and `simulated` the same with an engine's rounding.
  ///   - image: the image's place in the batch.
  init(
    _ simulation: Simulation, _ ending: Ending, _ geometry: DecodeGeometry,
    _ tensors: [String: Tensor], simulated: [String: Tensor], image: Int, frame: ImageFrame,
    options: ComparisonOptions, tolerance: DetectionTolerance
  ) throws(DetectionError) {
    self.init(simulation)
    let sides = try Pair(original: tensors, patched: simulated).map {
      (tensors) throws(DetectionError) in
      try DetectionSide(ending, tensors, image: image, geometry: geometry)
    }
    let moved = sides.original.cells.compare(with: sides.patched.cells, tolerance: tolerance)
    cells = Movement(
      maxBoxErrorPx: Figure(moved.maxBoxErrorPx), maxScoreError: Figure(moved.maxScoreError),
      nonFinite: moved.nonFinite)
    neededTolerances = DetectionTolerance(
      boxPx: moved.maxBoxErrorPx * Self.allowance, score: moved.maxScoreError * Self.allowance)
    var report = ImageReport(path: "")
    var judgement = Judgement()
    try DetectionJudge(
      sides: sides, options: options, tolerance: tolerance, labels: nil, isOneGraph: true
    ).judge(in: frame, &report, &judgement)
    candidates = report.candidates.map { found in
      Survival(
        before: found.original, after: found.patched, matched: found.matched,
        lost: found.original - found.matched, new: found.patched - found.matched,
        reclassified: found.classMismatches, maxBoxErrorPx: found.maxBoxErrorPx,
        maxScoreError: found.maxScoreError)
    }
    detections = report.detections.map { found in
      Survival(
        before: found.original.count, after: found.patched.count, matched: found.matched,
        lost: found.original.count - found.matched, new: found.patched.count - found.matched,
        reclassified: found.classMismatches, maxBoxErrorPx: found.maxBoxErrorPx,
        maxScoreError: found.maxScoreError)
    }
  }

  /// The same for a graph whose outputs are no detections.
  init(
    _ simulation: Simulation, _ tensors: [String: Tensor], simulated: [String: Tensor],
    team: ThreadTeam
  ) {
    self.init(simulation)
    outputs = PrecisionReport.OutputNoise.all(of: simulated, from: tensors, .patched, team)
  }
}
