import Detection
import Interpreter
import Kernels
import ONNXGraph
import Tensors

extension Model {
  /// What the graph gives out, with what decoding synthetic maps shows of it.
  ///
  /// - Parameter ending: by structure and shapes.
  package func established(
    _ ending: Ending, lookup: @escaping TensorLookup, on team: ThreadTeam
  ) -> Ending {
    if let probe = try? Probe(graph, ending, lookup: lookup) {
      let results = results(of: probe.graph, probe.runs, team)
      return results.map { ending.established(by: probe.finding(from: $0)) } ?? ending
    }
    guard let experiment = BoxExperiment(graph, ending, lookup: lookup),
      let results = results(of: experiment.graph, experiment.runs, team)
    else { return ending }
    let found = experiment.finding(from: results)
    return ending.established(boxes: found.boxes, activation: found.activation)
  }

  /// What a part of the graph gives for each of some inputs; `nil` where it cannot be run.
  private func results(
    of part: Graph, _ runs: [[String: Tensor]], _ team: ThreadTeam
  ) -> [[String: Tensor]]? {
    var tail = self
    tail.graph = part
    return try? runs.map { inputs in
      let resolved = try ResolvedGraph(
        tail, inputs: inputs.mapValues { .init($0.elementType, $0.shape) })
      return try Plan(resolved).run(inputs, on: team)
    }
  }
}
