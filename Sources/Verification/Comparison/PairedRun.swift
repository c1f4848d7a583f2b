import Detection
import Interpreter
import Kernels
import ONNXGraph
import Surgery
import Tensors

/// Two graphs resolved for inputs of given shapes, to be run as one or apart.
struct PairedRun: Sendable {
  private enum Graphs: Sendable {
    case joint(ResolvedGraph, names: Pair<[String: String]>)
    case apart(Pair<ResolvedGraph>)
  }

  private let graphs: Graphs
  private let models: Pair<LoadedModel>
  /// What each graph's inputs are fed, by their names.
  private let fed: Pair<[String: ResolvedGraph.Description]>
  private let convolution: ConvolutionMethod

  /// - Parameters:
  ///   - joint: the graphs as one; `nil` to run them apart.
  ///   - inputs: for each graph, what its inputs are fed.
  ///   - convolution: how float32 convolutions are computed.
  /// - Throws: a refusal that names the file at fault.
  init(
    _ models: Pair<LoadedModel>, joint: JointGraph?,
    inputs: Pair<[String: ResolvedGraph.Description]>,
    convolution: ConvolutionMethod = .fastest
  ) throws(Refusal) {
    self.models = models
    self.convolution = convolution
    fed = inputs
    if let joint,
      let resolved = try? ResolvedGraph(joint, inputs: inputs, convolution: convolution)
    {
      graphs = .joint(resolved, names: joint.names)
      return
    }
    // Apart, an error is known to be one graph's.
    graphs = .apart(
      try models.with(inputs).map { (side) throws(Refusal) in
        let (model, inputs) = side
        return try model.naming { () throws(InterpreterError) in
          try ResolvedGraph(model.model, inputs: inputs, convolution: convolution)
        }
      })
  }

  /// What is known of each graph's tensors before a run.
  var lookups: Pair<TensorLookup> {
    switch graphs {
    case .joint(let resolved, let names):
      names.map { names in { name in names[name].flatMap { resolved.tensorDescription(of: $0) } } }
    case .apart(let resolved):
      resolved.map { resolved in { resolved.tensorDescription(of: $0) } }
    }
  }

  /// Packs the weights of both graphs, which the first run does otherwise.
  func packWeights(on team: ThreadTeam) {
    switch graphs {
    case .joint(let resolved, _): resolved.packWeights(on: team)
    case .apart(let resolved): for resolved in resolved.both { resolved.packWeights(on: team) }
    }
  }

  /// A way to run the graphs that keeps the named tensors of each.
  func plan(observing tensors: Pair<[String]>) throws(Refusal) -> PairedPlan {
    switch graphs {
    case .joint(let resolved, let names):
      let observed = tensors.with(names).map { tensors, names in
        tensors.map { (name: $0, joint: names[$0] ?? $0) }
      }
      let unique = Set(observed.both.flatMap { $0.map(\.joint) }).sorted()
      let run = { () throws(Refusal) -> PairedPlan in
        try PairedRun(models, joint: nil, inputs: fed, convolution: convolution)
          .plan(observing: tensors)
      }
      guard let plan = try? Plan(resolved, observing: unique) else { return try run() }
      return .joint(plan, names: names, observed: observed, apart: run)
    case .apart(let resolved):
      return .apart(
        try models.with(resolved).with(tensors).map { (side) throws(Refusal) in
          let ((model, resolved), tensors) = side
          let plan = try model.naming { () throws(InterpreterError) in
            try Plan(resolved, observing: tensors)
          }
          return (model, plan)
        })
    }
  }
}

/// Two graphs ready to run.
enum PairedPlan {
  /// - names: for each graph, the joint graph's names of its tensors.
  /// - observed: for each graph, its own names of the tensors to keep and the joint graph's.
  /// - apart: the graphs one by one, to tell which of them cannot be run.
  case joint(
    Plan, names: Pair<[String: String]>, observed: Pair<[(name: String, joint: String)]>,
    apart: () throws(Refusal) -> PairedPlan)
  case apart(Pair<(LoadedModel, Plan)>)

  /// Lets go of the memory that is kept for the next run.
  func freeMemory() {
    switch self {
    case .joint(let plan, _, _, _): plan.freeMemory()
    case .apart(let sides): for (_, plan) in sides.both { plan.freeMemory() }
    }
  }

  /// The observed tensors of each graph, under its own names.
  ///
  /// - Parameter inputs: what each graph's inputs are fed, by their names.
  func run(
    _ inputs: Pair<[String: Tensor]>, on team: ThreadTeam
  ) throws(Refusal) -> Pair<[String: Tensor]> {
    switch self {
    case .joint(let plan, let names, let observed, let apart):
      var feeds: [String: Tensor] = [:]
      for (inputs, names) in inputs.with(names).both {
        for (name, tensor) in inputs { feeds[names[name]!] = tensor }
      }
      guard let values = try? plan.run(feeds, on: team) else {
        return try apart().run(inputs, on: team)
      }
      return observed.map { names in
        Dictionary(names.map { ($0.name, values[$0.joint]!) }) { first, _ in first }
      }
    case .apart(let sides):
      return try sides.with(inputs).map { (side) throws(Refusal) in
        let ((model, plan), inputs) = side
        return try model.naming { () throws(InterpreterError) in
          try plan.run(inputs, on: team)
        }
      }
    }
  }
}

extension ResolvedGraph {
  /// The joint graph, its inputs given by each graph's own names.
  init(
    _ joint: JointGraph, inputs: Pair<[String: Description]>, convolution: ConvolutionMethod
  ) throws(InterpreterError) {
    var descriptions: [String: Description] = [:]
    for (inputs, names) in inputs.with(joint.names).both {
      for (name, description) in inputs {
        guard let joined = names[name] else { continue }
        descriptions[joined] = description
      }
    }
    try self.init(joint.model, inputs: descriptions, convolution: convolution)
  }
}
