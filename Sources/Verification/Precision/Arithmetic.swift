import Interpreter
import ONNXGraph

/// How a graph's arithmetic is done.
public enum Arithmetic: Sendable, Equatable {
  /// In the types the graph is written in.
  case asWritten
  /// In float64 throughout.
  case float64
  /// As an engine of a narrower format would.
  case simulated(Simulation)
}

extension Model {
  /// The model with its arithmetic done in another way; all tensors keep their names.
  ///
  /// - Parameter inputs: what the graph is to be fed.
  func computing(
    in arithmetic: Arithmetic, inputs: [String: ResolvedGraph.Description]
  ) throws(InterpreterError) -> Model {
    switch arithmetic {
    case .asWritten: return self
    case .float64: return inFloat64()
    case .simulated(let simulation):
      let resolved = try ResolvedGraph(self, inputs: inputs)
      return try simulating(simulation) { resolved.tensorDescription(of: $0) }
    }
  }
}
