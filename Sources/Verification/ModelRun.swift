import Foundation
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

    public struct Output: Sendable, Codable, Equatable {
      public var name: String
      public var type: String
      public var shape: [Int]
    }

    public struct Timings: Sendable, Codable, Equatable {
      public var loadSeconds: Figure
      /// Of each run, in order.
      public var runSeconds: [Figure]
    }
  }

  /// - Parameters:
  ///   - inputs: a tensor for each of the graph's inputs.
  ///   - tensors: names of tensors to keep beside the graph's outputs.
  ///   - arithmetic: how the graph computes.
  ///   - threads: how many to use; all that the process may use when left out.
  ///   - repeats: how often to run; the last run's tensors are kept.
  ///   - loadSeconds: how long the model took to open, for the summary.
  /// - Throws: ``InterpreterError``.
  public init(
    _ model: Model, inputs: [String: Tensor], keeping tensors: [String] = [],
    arithmetic: Arithmetic = .asWritten, threads: Int? = nil, repeats: Int = 1,
    loadSeconds: Double = 0
  ) throws(InterpreterError) {
    if let unknown = inputs.keys.sorted().first(where: { name in
      !model.graph.inputs.contains { $0.name == name }
    }) {
      let known = model.graph.inputs.map { "'\($0.name)'" }.joined(separator: ", ")
      throw InterpreterError("no input '\(unknown)', the graph has \(known)")
    }
    let descriptions = inputs.mapValues { ResolvedGraph.Description($0.elementType, $0.shape) }
    let computing = try model.computing(in: arithmetic, inputs: descriptions)
    let resolved = try ResolvedGraph(computing, inputs: descriptions, observing: tensors)
    var names: [String] = []
    for name in model.graph.outputs.map(\.name) + tensors where !names.contains(name) {
      names.append(name)
    }
    let plan = try Plan(resolved, observing: names)
    let team = ThreadTeam(threadCount: threads ?? ThreadTeam.availableThreads)
    let stopwatch = Stopwatch()
    var seconds: [Figure] = []
    var values: [String: Tensor] = [:]
    for _ in 0..<max(repeats, 1) {
      var elapsed: Figure = 0
      values = try stopwatch.add(to: &elapsed) { () throws(InterpreterError) in
        try plan.run(inputs, on: team)
      }
      seconds.append(elapsed)
    }
    outputs = names.map { ($0, values[$0]!) }
    summary = Summary(
      outputs: outputs.map { name, tensor in
        Summary.Output(
          name: name, type: tensor.elementType.rawValue, shape: tensor.shape.dimensions)
      },
      timings: Summary.Timings(loadSeconds: Figure(loadSeconds), runSeconds: seconds))
  }
}

extension ModelRun.Summary {
  /// The summary for people.
  public var text: String {
    var lines = outputs.map { output in
      "output      \(output.name): \(output.type) [\(output.shape.map(String.init).joined(separator: ","))]"
    }
    let times = timings.runSeconds.map { String(format: "%.1f ms", $0.value * 1000) }
    lines.append("run         \(times.joined(separator: ", "))")
    return lines.map { $0 + "\n" }.joined()
  }
}
