import Detection
import Interpreter
import Kernels
import ONNXGraph

/// What an engine of a narrower format rounds.
public struct Simulation: Sendable, Equatable {
  /// The format.
  public var format: NarrowFormat
  /// Whether only the maps that the decode reads are rounded, not weights and every tensor.
  public var headsOnly: Bool

  public init(_ format: NarrowFormat, headsOnly: Bool = false) {
    self.format = format
    self.headsOnly = headsOnly
  }
}

extension Model {
  /// The model as an engine would compute it; all tensors keep their names.
  ///
  /// - Parameter lookup: types and shapes of the graph's tensors, by which its heads are known.
  /// - Throws: when only the heads are to be rounded and the graph has none.
  package func simulating(
    _ simulation: Simulation, lookup: @escaping TensorLookup
  ) throws(InterpreterError) -> Model {
    guard simulation.headsOnly else { return simulating(simulation.format) }
    let heads = Ending.recognize(graph, metadata: metadata, lookup: lookup).headTensors
    guard !heads.isEmpty else {
      throw InterpreterError("no head maps are found whose values could be rounded alone")
    }
    return rounding(Set(heads), to: simulation.format)
  }
}

extension Ending {
  /// The maps that the decode reads, or what stands for them.
  fileprivate var headTensors: [String] {
    (maps?.maps ?? yoloLayer?.maps ?? decodedHeads).map(\.name)
  }
}
