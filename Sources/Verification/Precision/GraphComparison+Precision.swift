import Detection
import Interpreter
import ONNXGraph
import Tensors

/// What the graphs give in other arithmetic than their own, where it was asked for.
struct OtherArithmetic {
  /// Both graphs in float64: the tensors their cells are read from, or their outputs.
  let exact: Pair<[String: Tensor]>?
  /// The patched graph as an engine would compute it.
  let simulated: [String: Tensor]?
}

extension GraphComparison {
  func otherArithmetic(
    _ tensors: Pair<Tensor>, _ pair: PreparedPair
  ) throws(Refusal) -> OtherArithmetic {
    if case .nothing = pair.basis { return OtherArithmetic(exact: nil, simulated: nil) }
    return OtherArithmetic(
      exact: options.comparesInFloat64 ? try exactResults(tensors, pair) : nil,
      simulated: try options.simulation.map { (simulation) throws(Refusal) in
        try simulatedResults(simulation, tensors.patched, pair)
      })
  }

  func exactResults(
    _ tensors: Pair<Tensor>, _ pair: PreparedPair
  ) throws(Refusal) -> Pair<[String: Tensor]> {
    let wide = models.map { LoadedModel(path: $0.path, model: $0.model.inFloat64()) }
    let run = try PairedRun(
      wide,
      joint: options.sharesNodes
        ? JointGraph(
          wide.map(\.model),
          pairedInputs: inputs.takesTheSame && options.feedsTheSame ? [inputs.map(\.name)] : [])
        : nil,
      inputs: inputs.with(tensors).map { input, tensor in
        [input.name: ResolvedGraph.Description(tensor.elementType, tensor.shape)]
      }, convolution: options.convolution)
    let observed = pair.endings.with(models).map { ending, model in
      if case .cells = pair.basis {
        ending.cellTensors
      } else {
        model.model.graph.outputs.map(\.name)
      }
    }
    return try run.plan(observing: observed).run(
      inputs.with(tensors).map { input, tensor in [input.name: tensor] }, on: team)
  }

  private func simulatedResults(
    _ simulation: Simulation, _ tensor: Tensor, _ pair: PreparedPair
  ) throws(Refusal) -> [String: Tensor] {
    let (model, input) = (models.patched, inputs.patched.name)
    return try model.naming { () throws(InterpreterError) in
      let fed = [input: ResolvedGraph.Description(tensor.elementType, tensor.shape)]
      let rounded = try model.model.computing(in: .simulated(simulation), inputs: fed)
      let observed: [String]
      if case .cells = pair.basis {
        observed = pair.endings.patched.observedTensors.filter { !$0.isEmpty }
      } else {
        observed = rounded.graph.outputs.map(\.name)
      }
      return try Plan(
        ResolvedGraph(rounded, inputs: fed, convolution: options.convolution), observing: observed
      )
      .run([input: tensor], on: team)
    }
  }

  /// Adds what is asked for to the report of one image.
  func add(
    _ others: OtherArithmetic, _ image: PreparedImage, _ index: Int, _ pair: PreparedPair,
    _ results: Pair<[String: Tensor]>, to report: inout ImageReport
  ) throws(DetectionError) {
    if let exact = others.exact {
      report.precision = try PrecisionReport(
        pair, results, exact: exact, image: index, found: report.cells, team: team)
      if case .tensors = pair.basis {
        report.precision?.tensors = OutputPairing(outputs(exact, pair)).pairs.map { a, b, _ in
          PrecisionReport.ExactTensor(
            original: a.name, patched: b.name,
            maxAbsoluteError: Figure(
              TensorComparison(original: a.tensor, patched: b.tensor, tolerance: 0)
                .maxAbsoluteError))
        }
      }
    }
    guard let simulation = options.simulation, let simulated = others.simulated else { return }
    if case .cells(let geometries) = pair.basis {
      report.simulation = try SimulationReport(
        simulation, pair.endings.patched, geometries.patched, results.patched,
        simulated: simulated, image: index, frame: image.frame, options: options,
        tolerance: tolerance(rounding(pair), geometries.original, image.tensors.original.shape))
    } else {
      report.simulation = SimulationReport(
        simulation, results.patched, simulated: simulated, team: team)
    }
  }

  /// Where the networks drift apart.
  func drift(on source: ImageSource) throws(Refusal) -> DriftReport {
    let image = try source.prepared(for: inputs, sizing, options.preprocessings)
    let comparison = try LayerComparison(
      FedPair(
        models: models, joint: joint, inputs: inputs.map(\.name), tensors: image.tensors,
        sharesInput: inputs.takesTheSame && options.feedsTheSame,
        convolution: options.convolution, team: team))
    return DriftReport(
      image: source.name, pairs: comparison.pairs, first: comparison.first,
      ranked: Array(comparison.ranked.prefix(DriftReport.rankedLimit)))
  }
}
