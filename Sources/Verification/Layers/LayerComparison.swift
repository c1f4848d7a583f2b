import Interpreter
import Kernels
import ONNXGraph
import Operators
import Tensors

/// Two graphs run side by side on one input, tensor by tensor, in their own types and in float64.
package struct LayerComparison: Sendable {
  /// In the order of the patched graph.
  package private(set) var layers: [LayerReport] = []
  package private(set) var pairs = LayerPairs()
  package private(set) var notes: [String] = []
  /// What the first layer beyond its noise floor reads: for each tensor the names each graph has for
  /// it, of which there are several behind an Identity.
  private(set) var firstReads: Pair<[[String]]>?

  /// The first layer that is further apart than rounding explains.
  package var first: LayerReport? { layers.first(where: \.isBeyondNoise) }

  /// The layers that add more than rounding explains, the one that adds most of its size first.
  package var ranked: [LayerReport] {
    layers.enumerated().filter(\.element.addsBeyondNoise).sorted { a, b in
      (b.element.addedRelative.value, a.offset) < (a.element.addedRelative.value, b.offset)
    }.map(\.element)
  }

  /// - Throws: why the graphs cannot be run.
  init(_ pair: FedPair) throws(Refusal) {
    do {
      try measure(pair)
    } catch {
      throw Refusal("\(pair.models.original.path) and \(pair.models.patched.path): \(error)")
    }
  }

  private mutating func measure(_ pair: FedPair) throws(InterpreterError) {
    let joint = pair.joint
    let resolved = try ResolvedGraph(
      joint, inputs: pair.fed, convolution: pair.convolution)
    let inputNames = pair.inputs.with(joint.names).map { $1[$0] ?? "" }
    let pairing = LayerPairing(
      resolved, names: joint.names,
      outputs: pair.models.with(joint.names).map { model, names in
        Set(model.model.graph.outputs.compactMap { names[$0.name] })
      }, inputs: inputNames, sharesInput: pair.sharesInput, team: pair.team)
    let graph = LayerGraph(
      joint.model, originalTensors: Set(joint.names.original.values), pairing)
    let figures = try Self.run(
      graph.model,
      feeds: Dictionary(inputNames.with(pair.tensors).both) { first, _ in first },
      convolution: pair.convolution, pair.team)

    let localNames = joint.names.map { names in
      Dictionary(grouping: names.keys.sorted()) { names[$0]! }
    }
    var reports: [(entry: LayerPairing.Entry, layer: LayerReport)] = []
    for (entry, outputs) in zip(pairing.entries, graph.outputs) {
      let names = localNames.with(Pair(original: entry.original, patched: entry.patched))
      reports.append(
        (
          entry,
          LayerReport(
            entry, names: names.map { $0[$1]?.first ?? $1 },
            shape: resolved.description(of: entry.patched)?.shape,
            outputs.compactMapValues { figures[$0].map { ErrorFigures($0) } })
        ))
    }
    reports = withoutMistakenPairs(reports)
    layers = reports.map(\.layer)
    count(pairing)
    firstReads = reports.first(where: \.layer.isBeyondNoise).map { first in
      localNames.with(first.entry.reads).map { names, reads in reads.map { names[$0] ?? [] } }
    }
  }

  private static func run(
    _ model: Model, feeds: [String: Tensor], convolution: ConvolutionMethod, _ team: ThreadTeam
  ) throws(InterpreterError) -> [String: Tensor] {
    let inputs = Set(model.graph.inputs.map(\.name))
    let feeds = feeds.filter { inputs.contains($0.key) }
    let resolved = try ResolvedGraph(
      model, inputs: feeds.mapValues { .init($0.elementType, $0.shape) }, convolution: convolution)
    return try Plan(resolved).run(feeds, on: team)
  }

  /// Leaves out pairs that differ while all that reads them agrees: tensors of one name or place that
  /// are not meant to be the same, such as a convolution before and after its scaling was folded in.
  private mutating func withoutMistakenPairs(
    _ reports: [(entry: LayerPairing.Entry, layer: LayerReport)]
  ) -> [(entry: LayerPairing.Entry, layer: LayerReport)] {
    var readers: [String: [Int]] = [:]
    for (index, report) in reports.enumerated() {
      for tensor in report.entry.reads.patched { readers[tensor, default: []].append(index) }
    }
    return reports.filter { entry, layer in
      guard layer.isBeyondNoise, let following = readers[entry.patched],
        following.allSatisfy({ !reports[$0].layer.isBeyondNoise })
      else { return true }
      notes.append(
        "'\(shown: layer.original)' and '\(shown: layer.patched)' (paired by \(layer.pairedBy.rawValue)) are not "
          + "the same, but all that is made of them agrees: not taken for a pair")
      return false
    }
  }

  private mutating func count(_ pairing: LayerPairing) {
    for layer in layers {
      switch layer.pairedBy {
      case .content: pairs.content += 1
      case .name: pairs.name += 1
      case .structure: pairs.structure += 1
      }
    }
    pairs.originalOnly = pairing.unpaired.original
    pairs.patchedOnly = pairing.unpaired.patched
  }
}
