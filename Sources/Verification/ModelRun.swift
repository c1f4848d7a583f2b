import Interpreter
import Kernels
import ONNXGraph
import Tensors

/// A model run on given tensors.
public struct ModelRun: Sendable {
  /// The graph's outputs, then the other tensors that were asked for, in order.
  public let outputs: [(name: String, tensor: Tensor)]
  public let summary: Summary

  /// What a run gave and how long it took.
  public struct Summary: Sendable, Codable, Equatable {
    public var outputs: [Output]
    public var timings: Timings
    public var profile: Profile?

    public struct Output: Sendable, Codable, Equatable {
      public var name: String
      public var type: String
      public var shape: [Int]

      init(_ name: String, _ tensor: Tensor) {
        self.name = name
        type = tensor.elementType.rawValue
        shape = tensor.shape.dimensions
      }
    }

    public struct Timings: Sendable, Codable, Equatable {
      public var loadSeconds: Figure
      /// Of each run, in order.
      public var runSeconds: [Figure]
    }

    /// What each step took.
    public struct Profile: Sendable, Codable, Equatable {
      /// What the threads reach on registers alone, in 10^9 floating-point operations a second.
      public var peakGigaflops: Figure
      public var steps: [Step]

      public struct Step: Sendable, Codable, Equatable {
        public var node: String
        public var outputShape: [Int]?
        /// Multiplications of a convolution or matrix product; absent for other operators.
        public var multiplyAdds: Int?
        /// The median over the runs.
        public var seconds: Figure
      }
    }
  }

  /// The model is let go of before it runs, where nobody else keeps it: what the run needs of it is
  /// kept in another form.
  ///
  /// - Parameters:
  ///   - model: the model to run.
  ///   - inputs: a tensor for each of the graph's inputs.
  ///   - tensors: names of tensors to keep beside the graph's outputs.
  ///   - arithmetic: how the graph computes.
  ///   - threads: how many to use; all that the process may use when left out.
  ///   - convolution: how float32 convolutions are computed.
  ///   - repeats: how often to run; the last run's tensors are kept.
  ///   - profiles: whether the summary tells how long each step took.
  ///   - loadSeconds: how long the model took to open, for the summary.
  /// - Throws: `InterpreterError`.
  public init(
    _ model: consuming Model, inputs: [String: Tensor], keeping tensors: [String] = [],
    arithmetic: Arithmetic = .asWritten, threads: Int? = nil,
    convolution: ConvolutionMethod = .fastest, repeats: Int = 1, profiles: Bool = false,
    loadSeconds: Double = 0
  ) throws(InterpreterError) {
    if let unknown = inputs.keys.sorted().first(where: { name in
      !model.graph.inputs.contains { $0.name == name }
    }) {
      let known = model.graph.inputs.map { "'\(shown: $0.name)'" }.joined(separator: ", ")
      throw InterpreterError("no input '\(shown: unknown)', the graph has \(known)")
    }
    var names: [String] = []
    for name in model.graph.outputs.map(\.name) + tensors where !names.contains(name) {
      names.append(name)
    }
    let plan = try Self.plan(
      consume model, arithmetic, convolution,
      inputs: inputs.mapValues { ResolvedGraph.Description($0.elementType, $0.shape) },
      observing: names)
    let team = ThreadTeam(threadCount: threads ?? ThreadTeam.availableThreads)
    let stopwatch = Stopwatch()
    var seconds: [Figure] = []
    var values: [String: Tensor] = [:]
    var stepTimes: [[StepTime]] = []
    for _ in 0..<max(repeats, 1) {
      var elapsed: Figure = 0
      var times: [StepTime] = []
      // Their memory serves the next run.
      values = [:]
      values = try stopwatch.add(to: &elapsed) { () throws(InterpreterError) in
        try plan.run(inputs, on: team, onStep: profiles ? { times.append($0) } : nil)
      }
      seconds.append(elapsed)
      stepTimes.append(times)
    }
    outputs = names.map { ($0, values[$0]!) }
    summary = Summary(
      outputs: outputs.map { Summary.Output($0, $1) },
      timings: Summary.Timings(loadSeconds: Figure(loadSeconds), runSeconds: seconds),
      profile: profiles ? Summary.Profile(stepTimes, peak: team.peakRate()) : nil)
  }

  /// What is needed to run the model, which is let go of.
  private static func plan(
    _ model: consuming Model, _ arithmetic: Arithmetic, _ convolution: ConvolutionMethod,
    inputs: [String: ResolvedGraph.Description], observing names: [String]
  ) throws(InterpreterError) -> Plan {
    let computing = try model.computing(in: arithmetic, inputs: inputs)
    let resolved = try ResolvedGraph(
      computing, inputs: inputs, observing: names, convolution: convolution)
    return try Plan(resolved, observing: names)
  }
}

extension ModelRun.Summary.Profile {
  /// - Parameters:
  ///   - runs: for each run its steps, which are the same in all.
  ///   - peak: floating-point operations a second.
  fileprivate init(_ runs: [[StepTime]], peak: Double) {
    peakGigaflops = Figure(peak / 1e9)
    steps = (runs.first ?? []).indices.map { index in
      let step = runs[0][index]
      let durations = runs.map { $0[index].duration }.sorted()
      return Step(
        node: step.node.title, outputShape: step.outputShape?.dimensions,
        multiplyAdds: step.multiplyAdds > 0 ? step.multiplyAdds : nil,
        seconds: Figure(durations[durations.count / 2] / .seconds(1)))
    }
  }
}
