import Detection
import Interpreter
import Kernels
import Tensors

/// How far rounding carries what a model gives on one image: its run in its own type against the
/// same in float64 (<doc:Precision>).
package struct RecordedNoise: Sendable, Equatable {
  /// The largest errors of a box's coordinate, in pixels of the network's input, and of a score.
  package var boxPx: Float
  package var score: Float
  /// Of the tensors that cells are read from.
  package var outputs: [Output]

  package init(boxPx: Float, score: Float, outputs: [Output]) {
    self.boxPx = boxPx
    self.score = score
    self.outputs = outputs
  }

  package struct Output: Sendable, Equatable {
    package var name: String
    package var maxError: Float
    package var rmsError: Float
  }
}

extension RecordedNoise {
  /// Two right runs of a network are each about one noise floor from the truth, so two from each
  /// other; twice that leaves room for what another order of sums and another picture's extremes
  /// add.
  private static let floors: Float = 4
  /// A floor far below what is derived for any network may be luck, one far above it no rounding.
  private static let leastShare: Float = 0.25
  private static let largestShare: Float = 8

  /// What another graph is allowed to be apart on this image.
  ///
  /// - Parameters:
  ///   - derived: for any network (``Rounding``), and `tail` of it for the end alone.
  package func tolerance(derived: DetectionTolerance, tail: DetectionTolerance)
    -> DetectionTolerance
  {
    func allowed(_ floor: Float, _ derived: Float, _ tail: Float) -> Float {
      min(max(Self.floors * floor + tail, Self.leastShare * derived), Self.largestShare * derived)
    }
    return DetectionTolerance(
      boxPx: allowed(boxPx, derived.boxPx, tail.boxPx),
      score: allowed(score, derived.score, tail.score))
  }
}

/// Runs a graph in float64, to measure its noise floor.
struct NoiseMeter {
  private var plans: [Shape: Plan] = [:]

  /// The noise floor of each image of a graph's run.
  ///
  /// - Parameter input: what the graph was fed.
  /// - Throws: why the graph cannot be run in float64.
  mutating func noise(
    of reading: GraphReading, fed input: Tensor, imageCount: Int, on team: ThreadTeam
  ) throws -> [RecordedNoise] {
    let (graph, tensors) = (reading.graph, reading.tensors)
    let plan: Plan
    if let known = plans[input.shape] {
      plan = known
    } else {
      plan = try graph.planInFloat64(fed: input)
      plans[input.shape] = plan
    }
    let exact = try plan.run([graph.inputName: input], on: team)
    let outputs = PrecisionReport.OutputNoise.all(
      of: tensors, from: exact, .original, team
    ).map { output in
      RecordedNoise.Output(
        name: output.name, maxError: Float(output.maxError.value),
        rmsError: Float(output.rmsError.value))
    }
    return try (0..<imageCount).map { image in
      func values(_ tensors: [String: Tensor], inFloat64: Bool) throws(DetectionError) -> CellValues
      {
        try graph.ending.cells(
          in: tensors, image: image, geometry: graph.geometry, keepingFloat64: inFloat64
        ).values
      }
      let errors = CellErrors(
        of: try values(tensors, inFloat64: false), from: try values(exact, inFloat64: true))
      let noise = RecordedNoise(
        boxPx: Float(errors.maxBoxErrorPx), score: Float(errors.maxScoreError), outputs: outputs)
      guard noise.isFinite else { throw Refusal("it is not finite") }
      return noise
    }
  }
}

extension RecordedNoise {
  fileprivate var isFinite: Bool {
    ([boxPx, score] + outputs.flatMap { [$0.maxError, $0.rmsError] }).allSatisfy(\.isFinite)
  }
}
