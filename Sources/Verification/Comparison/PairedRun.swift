import Detection
import Interpreter
import Kernels
import ONNXGraph
import Surgery
import Tensors

/// Two graphs resolved for inputs of given shapes, to be run as one or apart.
struct PairedRun {
  private enum Graphs {
    case joint(ResolvedGraph, names: Pair<[String: String]>)
    case apart(Pair<ResolvedGraph>)
  }

  private let graphs: Graphs
  private let models: Pair<LoadedModel>
  /// The name of each graph's input and what it is fed.
  private let fed: Pair<(name: String, description: ResolvedGraph.Description)>
  private let convolution: ConvolutionMethod

  /// - Parameters:
  ///   - joint: the graphs as one; `nil` to run them apart.
  ///   - inputs: for each graph, its input's name and what it is fed.
  ///   - convolution: how float32 convolutions are computed.
  /// - Throws: a refusal that names the file at fault.
  init(
    _ models: Pair<LoadedModel>, joint: JointGraph?,
    inputs: Pair<(name: String, description: ResolvedGraph.Description)>,
    convolution: ConvolutionMethod
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
        let (model, input) = side
        return try model.naming { () throws(InterpreterError) in
          try ResolvedGraph(
            model.model, inputs: [input.name: input.description], convolution: convolution)
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
      return .joint(
        plan, inputs: fed.with(names).map { input, names in names[input.name]! },
        observed: observed, apart: run)
    case .apart(let resolved):
      return .apart(
        try models.with(resolved.with(tensors)).with(fed).map { (side) throws(Refusal) in
          let ((model, (resolved, tensors)), input) = side
          let plan = try model.naming { () throws(InterpreterError) in
            try Plan(resolved, observing: tensors)
          }
          return (model, input.name, plan)
        })
    }
  }
}

/// Two graphs ready to run.
enum PairedPlan {
  /// - observed: for each graph, its own names of the tensors to keep and the joint graph's.
  /// - apart: the graphs one by one, to tell which of them cannot be run.
  case joint(
    Plan, inputs: Pair<String>, observed: Pair<[(name: String, joint: String)]>,
    apart: () throws(Refusal) -> PairedPlan)
  case apart(Pair<(LoadedModel, input: String, Plan)>)

  /// The observed tensors of each graph, under its own names.
  func run(_ inputs: Pair<Tensor>, on team: ThreadTeam) throws(Refusal) -> Pair<[String: Tensor]> {
    switch self {
    case .joint(let plan, let names, let observed, let apart):
      var feeds = [names.original: inputs.original]
      feeds[names.patched] = inputs.patched
      guard let values = try? plan.run(feeds, on: team) else {
        return try apart().run(inputs, on: team)
      }
      return observed.map { names in
        Dictionary(names.map { ($0.name, values[$0.joint]!) }) { first, _ in first }
      }
    case .apart(let sides):
      return try sides.with(inputs).map { (side) throws(Refusal) in
        let ((model, name, plan), input) = side
        return try model.naming { () throws(InterpreterError) in
          try plan.run([name: input], on: team)
        }
      }
    }
  }
}

extension ResolvedGraph {
  /// The joint graph, its inputs given by each graph's own names.
  fileprivate init(
    _ joint: JointGraph, inputs: Pair<(name: String, description: Description)>,
    convolution: ConvolutionMethod
  ) throws(InterpreterError) {
    var descriptions: [String: Description] = [:]
    for (input, names) in inputs.with(joint.names).both {
      guard let name = names[input.name] else { continue }
      descriptions[name] = input.description
    }
    try self.init(joint.model, inputs: descriptions, convolution: convolution)
  }
}
