import Detection
import Interpreter
import Kernels
import ONNXGraph
import Operators
import Tensors

/// Two graphs resolved for inputs of given shapes, and what each ends in.
struct ResolvedPair: Sendable {
  let run: PairedRun
  /// What is known of each graph's tensors.
  let lookups: Pair<TensorLookup>
  let endings: Pair<Ending>
  let joint: JointGraph

  /// - Parameters:
  ///   - fed: what each graph's input is fed.
  ///   - joint: the graphs as one.
  init(
    _ models: Pair<LoadedModel>, _ inputs: Pair<ImageInput>, fed: Pair<ResolvedGraph.Description>,
    joint: JointGraph, _ options: ComparisonOptions
  ) throws(Refusal) {
    self.joint = joint
    run = try PairedRun(
      models, joint: options.sharesNodes ? joint : nil,
      inputs: inputs.with(fed).map { input, fed in [input.name: fed] },
      convolution: options.convolution)
    lookups = run.lookups
    endings = PreparedPair.endings(models, lookups, options.declarations)
  }
}

/// Two graphs for inputs of given shapes: what each ends in and how both are run.
struct PreparedPair {
  /// How the graphs' results are compared.
  enum Basis {
    /// Both have cells that can be decoded.
    case cells(Pair<DecodeGeometry>)
    case tensors
    /// Not at all, for this reason.
    case nothing(String)
  }

  /// What is known of each graph's tensors.
  let lookups: Pair<TensorLookup>
  let endings: Pair<Ending>
  let basis: Basis
  let plan: PairedPlan
  /// The narrowest floating-point type of each graph's tensors.
  let precisions: Pair<ElementType>
  /// The narrowest floating-point type of each graph's tensors, whatever makes them.
  let storedPrecisions: Pair<ElementType>
  /// Outputs whose shapes only a run tells.
  let openOutputs: Pair<Set<String>>
  /// What is compared beside detections; nothing where the graphs are compared as tensors.
  let namedOutputs: NamedOutputs
  /// Where the ends may be cut, where the head maps are not proven to be the same.
  let headChains: HeadChains?
  let notes: [String]
  /// The graphs' ends, where they were cut off already.
  var tails: Result<TailPair, Refusal>?

  init(
    _ models: Pair<LoadedModel>, _ resolved: ResolvedPair, on team: ThreadTeam
  ) throws(Refusal) {
    let lookups = resolved.lookups
    let endings = models.with(resolved.endings).with(lookups).map { side in
      let ((model, ending), lookup) = side
      return model.established(ending, lookup, team)
    }
    var notes = models.with(endings).both.flatMap { $0.notes(on: $1) }
    let geometries = models.with(endings).map { model, ending in
      notes += (ending.geometry?.notes ?? []).map { "\(model.path): \($0)" }
      return ending.geometry
    }
    let basis = Self.basis(endings, geometries)
    let named: NamedOutputs
    let chains: HeadChains?
    if case .cells = basis {
      named = NamedOutputs(models, endings, lookups)
      chains = HeadChains(models, endings, lookups, resolved.joint)
    } else {
      (named, chains) = (NamedOutputs(), nil)
    }
    (namedOutputs, headChains) = (named, chains)
    let beside = chains?.observed ?? Pair(both: [])
    let observed = models.with(endings).with(beside).map { side in
      let ((model, ending), beside) = side
      let names =
        switch basis {
        case .cells: (ending.observedTensors + named.compared + beside).uniqued
        case .tensors, .nothing: model.model.graph.outputs.map(\.name)
        }
      return names.filter { !$0.isEmpty }
    }
    self.lookups = lookups
    self.endings = endings
    self.basis = basis
    self.notes = notes.filter {
      named.extraColumns == nil || !$0.hasSuffix("mask coefficients of each row are not compared")
    }
    openOutputs = models.with(lookups).map { model, lookup in
      Set(model.model.graph.outputs.map(\.name).filter { lookup($0) == nil })
    }
    storedPrecisions = models.with(lookups).map { $0.model.storedPrecision($1) }
    precisions = models.with(lookups).with(observed).map { side in
      let ((model, lookup), tensors) = side
      return model.model.precision(of: tensors, lookup)
    }
    plan = try resolved.run.plan(observing: observed)
  }

  /// What each graph ends in, knowing how many classes the other has where it may not tell itself.
  static func endings(
    _ models: Pair<LoadedModel>, _ lookups: Pair<TensorLookup>,
    _ declarations: Pair<OutputDeclaration>
  ) -> Pair<Ending> {
    func recognize(
      _ model: LoadedModel, _ lookup: @escaping TensorLookup, _ declaration: OutputDeclaration,
      _ classes: Int?
    ) -> Ending {
      Ending.recognize(
        model.model.graph, metadata: model.model.metadata, expectedClasses: classes,
        declaration: declaration, lookup: lookup)
    }
    let sides = models.with(lookups).with(declarations)
    var endings = sides.map { recognize($0.0, $0.1, $1, nil) }
    if endings.original.classCount != endings.patched.classCount {
      let classes = Pair(
        original: endings.patched.classCount, patched: endings.original.classCount)
      endings = sides.with(classes).map { side, classes in
        recognize(side.0.0, side.0.1, side.1, classes)
      }
    }
    endings.patched = endings.patched.reading(
      like: endings.original, models.patched, lookups.patched)
    endings.original = endings.original.reading(
      like: endings.patched, models.original, lookups.original)
    return endings
  }

  private static func basis(
    _ endings: Pair<Ending>, _ geometries: Pair<DecodeGeometry?>
  ) -> Basis {
    for ending in endings.both {
      if ending.hasUnreadablePlugin {
        return .nothing("the plugin's maps cannot be read")
      }
    }
    if endings.both.allSatisfy({ $0.kept != nil }) { return .cells(Pair(both: .unknown)) }
    guard endings.both.allSatisfy({ $0.kept != nil || !$0.cellTensors.isEmpty }) else {
      return .tensors
    }
    let originalHeads = endings.original.needsGeometry
    let patchedHeads = endings.patched.needsGeometry
    guard let original = geometries.original ?? geometries.patched,
      let patched = geometries.patched ?? geometries.original,
      !(originalHeads && patchedHeads)
    else { return .tensors }
    // Head maps are decoded as the other graph does it.
    let shared = Pair(
      original: originalHeads ? patched : original, patched: patchedHeads ? original : patched)
    let decodable = endings.with(shared).both.allSatisfy { ending, geometry in
      !ending.needsGeometry || geometry.scales != nil
    }
    return decodable ? .cells(shared) : .tensors
  }
}

extension Ending {
  /// The graph's end read from the outputs that bear the names of those that the other graph's
  /// detections are read from, where there are such and they can be read.
  fileprivate func reading(
    like other: Ending, _ model: LoadedModel, _ lookup: @escaping TensorLookup
  ) -> Ending {
    let wanted = other.detectionOutputs
    let names = model.model.graph.outputs.map(\.name)
    guard !isPluginForm, !other.isPluginForm, !wanted.isEmpty,
      Set(wanted) != Set(detectionOutputs), Set(wanted).isSubset(of: names)
    else { return self }
    let first = model.model.graph.outputs.filter { wanted.contains($0.name) }
    let rest = model.model.graph.outputs.filter { !wanted.contains($0.name) }
    for outputs in [first + rest, first] {
      var graph = model.model.graph
      graph.outputs = outputs
      let found = Ending.recognize(
        graph, metadata: model.model.metadata, expectedClasses: other.classCount, lookup: lookup)
      if found.form == other.form, Set(found.detectionOutputs) == Set(wanted) { return found }
    }
    return self
  }
}

extension LoadedModel {
  /// What is to be said of the graph's end.
  func notes(on ending: Ending) -> [String] {
    ending.notes.map { "\(path): \($0)" }
  }

  /// What the graph gives out, with what decoding synthetic maps shows of it.
  func established(
    _ ending: Ending, _ lookup: @escaping TensorLookup, _ team: ThreadTeam
  ) -> Ending { model.established(ending, lookup: lookup, on: team) }
}

extension Model {
  /// The narrowest floating-point type that arithmetic gives on the way to some tensors. What is stored
  /// or cast narrow, and computed with in float32, rounds alike in both graphs and counts for nothing.
  func precision(of tensors: [String], _ lookup: TensorLookup) -> ElementType {
    let wanted = graph.ancestors(of: tensors).union(tensors)
    return narrowest(lookup) { node in
      node.definition is any ArithmeticOperator.Type
        && node.outputs.contains(where: wanted.contains)
    }
  }

  /// The narrowest floating-point type of all tensors.
  func storedPrecision(_ lookup: TensorLookup) -> ElementType { narrowest(lookup) { _ in true } }

  private func narrowest(_ lookup: TensorLookup, where counts: (Node) -> Bool) -> ElementType {
    var narrowest = ElementType.float32
    for node in graph.nodes where counts(node) {
      for output in node.outputs {
        switch lookup(output)?.elementType {
        case .bfloat16: return .bfloat16
        case .float16: narrowest = .float16
        default: break
        }
      }
    }
    return narrowest
  }
}
