import Detection
import Interpreter
import Kernels
import Tensors

/// One graph for inputs of a given shape: what it ends in, how it decodes and how it is run.
struct PreparedGraph {
  let ending: Ending
  /// `nil` where the graph has no cells.
  let geometry: DecodeGeometry?
  /// The narrowest floating-point type of the graph's tensors.
  let precision: ElementType
  let notes: [String]
  /// For each head map, finest first, it and the tensors of its shape that are made from it alone;
  /// nothing where there are none beside the maps.
  let headChains: [[String]]
  private let model: LoadedModel
  private let resolved: ResolvedGraph
  let inputName: String
  private let plan: Plan

  /// - Parameters:
  ///   - expectedClasses: how many classes there are, where the graph may not tell.
  ///   - decode: how to decode head maps; the graph's own decode counts where it has one.
  init(
    _ model: LoadedModel, _ input: ImageInput, fed description: ResolvedGraph.Description,
    expectedClasses: Int?, decode: DecodeGeometry?, on team: ThreadTeam
  ) throws(Refusal) {
    let resolved = try model.naming { () throws(InterpreterError) in
      try ResolvedGraph(model.model, inputs: [input.name: description])
    }
    let lookup: TensorLookup = { resolved.tensorDescription(of: $0) }
    var ending = Ending.recognize(
      model.model.graph, metadata: model.model.metadata, expectedClasses: expectedClasses,
      lookup: lookup)
    if !ending.needsGeometry { ending = model.established(ending, lookup, team) }
    let geometry = ending.needsGeometry ? decode : ending.geometry
    let chains = (ending.headSources(in: model.model.graph, lookup: lookup) ?? []).map {
      model.model.graph.chain(from: $0.name, lookup)
    }
    headChains = chains.contains { $0.count > 1 } ? chains : []
    let observed =
      geometry == nil
      ? model.model.graph.outputs.map(\.name)
      : (ending.observedTensors + ending.headsBesideObserved + headChains.flatMap(\.self)).uniqued
    plan = try model.naming { () throws(InterpreterError) in
      try Plan(resolved, observing: observed.filter { !$0.isEmpty })
    }
    self.ending = ending
    self.geometry = geometry
    self.resolved = resolved
    precision = model.model.precision(of: observed, lookup)
    notes =
      model.notes(on: ending) + (geometry?.notes ?? []).map { "\(model.path): \($0)" }
    self.model = model
    inputName = input.name
  }

  /// The graph's end, cut off at its head maps.
  ///
  /// - Parameters:
  ///   - tensor: what the graph is fed.
  ///   - cut: tensors in the place of the head maps, finest first.
  func tail(fed tensor: Tensor, cut: [String]? = nil) throws(Refusal) -> Tail {
    try Tail(
      model, ending, { resolved.tensorDescription(of: $0) },
      image: (name: inputName, tensor: tensor), cut: cut)
  }

  /// A way to compute the tensors cells are read from in float64.
  func planInFloat64(fed input: Tensor) throws(Refusal) -> Plan {
    try model.naming { () throws(InterpreterError) in
      let fed = [inputName: ResolvedGraph.Description(input.elementType, input.shape)]
      return try Plan(
        ResolvedGraph(model.model.inFloat64(), inputs: fed), observing: ending.cellTensors)
    }
  }

  func run(_ input: Tensor, on team: ThreadTeam) throws(Refusal) -> [String: Tensor] {
    try model.naming { () throws(InterpreterError) in try plan.run([inputName: input], on: team) }
  }
}
