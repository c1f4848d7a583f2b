import Detection
import Interpreter
import Kernels
import ONNXGraph
import Operators
import Tensors

/// The parts of two graphs behind the last tensors that both compute, proven by content.
///
/// What is fed are the last results of learned layers, which can be any number: a cut behind a Sigmoid
/// would be fed what no Sigmoid gives. They are fed what they hold on an image, and that scaled,
/// shuffled, negated and mixed with extremes: whatever the graphs' format, what is behind them has to
/// give the same. Where it chooses by rank, ties would decide: then numbers are fed that hardly tie.
struct FrontierStress {
  /// How what is fed is made of what an image gives.
  enum Variation: CaseIterable {
    case scaled, shuffled, extremes, negated, enlarged, noise
    /// Numbers that a sigmoid keeps apart.
    case low
    /// The same, and few large ones.
    case lowAndHigh

    fileprivate static let ofAll: [Self] = [
      .scaled, .shuffled, .extremes, .negated, .enlarged, .noise,
    ]
    fileprivate static let ofChoices: [Self] = [.shuffled, .low, .lowAndHigh]
  }

  /// Operators of the nodes that only one of the parts has.
  let unsharedOperators: Set<String>
  /// The joint graph's names of what is fed.
  private let frontier: [String]
  private let constants: [String: Tensor]
  /// For each graph, the tensors that are read and their names in the joint graph.
  private let observed: Pair<[(name: String, joint: String)]>
  private let values: [String: Tensor]
  private let plan: Plan
  /// How many variations cost no more than one run of the graphs.
  private let variationLimit: Int
  /// Whether the parts choose elements by their values.
  private let choosesByValue: Bool

  /// - Parameters:
  ///   - names: for each graph, the tensors that are compared.
  ///   - feeds: what the joint graph's inputs are fed, by its names.
  /// - Returns: `nil` where all that is compared is proven to be the same.
  /// - Throws: why the graphs cannot be cut there.
  init?(
    _ joint: JointGraph, comparing names: Pair<[String]>, feeds: [String: Tensor],
    _ convolution: ConvolutionMethod, on team: ThreadTeam
  ) throws(Refusal) {
    let graph = joint.model.graph
    observed = names.with(joint.names).map { names, joined in
      names.compactMap { name in joined[name].map { (name: name, joint: $0) } }
    }
    let wanted = observed.both.flatMap { $0.map(\.joint) }.uniqued
    let constants = graph.initializers.filter { wanted.contains($0.key) }
    self.constants = constants
    let found = graph.frontier(of: wanted, joint)
    guard !found.unshared.isEmpty else { return nil }
    frontier = found.frontier.sorted()
    unsharedOperators = Set(found.unshared.map { graph.nodes[$0].operatorType })
    let outputs = wanted.filter { !found.frontier.contains($0) && constants[$0] == nil }
    do {
      var (front, end) = (joint.model, joint.model)
      front.graph = try graph.extract(inputs: feeds.keys.sorted(), outputs: frontier)
      let described = feeds.mapValues { ResolvedGraph.Description($0.elementType, $0.shape) }
      if let part = try? graph.extract(inputs: frontier, outputs: outputs) {
        end.graph = part
      } else {
        // What asks for the shape of another tensor hangs on the image, though not on its values.
        let whole = try ResolvedGraph(joint.model, inputs: described, convolution: convolution)
        end.graph = try graph.knowingShapes { whole.tensorDescription(of: $0) }
          .extract(inputs: frontier, outputs: outputs)
      }
      if let node = end.graph.nodes.first(where: { $0.applies(NonMaxSuppression.self) }) {
        throw Refusal("\(node.operatorType) drops rows by limits that synthetic numbers reach")
      }
      choosesByValue = end.graph.nodes.contains(where: \.choosesByValue)
      let resolvedFront = try ResolvedGraph(front, inputs: described, convolution: convolution)
      let frontPlan = try Plan(resolvedFront, observing: frontier)
      let held = try frontPlan.run(feeds, on: team)
      let resolvedEnd = try ResolvedGraph(
        end, inputs: held.mapValues { .init($0.elementType, $0.shape) },
        convolution: convolution)
      let (before, behind) = (resolvedFront.multiplyAdds, resolvedEnd.multiplyAdds)
      guard behind <= before / 2 else {
        throw Refusal("most of the graphs stands behind what they share")
      }
      values = held
      variationLimit = max(1, before / max(behind, 1))
      plan = try Plan(resolvedEnd, observing: outputs)
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw Refusal("\(error)")
    }
  }

  var variations: [Variation] {
    Array((choosesByValue ? Variation.ofChoices : Variation.ofAll).prefix(variationLimit))
  }

  /// What both graphs make of a variation, under their own names.
  func run(
    _ variation: Variation, seed: UInt64, on team: ThreadTeam
  ) throws(Refusal) -> Pair<[String: Tensor]> {
    var feeds: [String: Tensor] = [:]
    for (place, name) in frontier.enumerated() {
      guard let tensor = values[name] else { continue }
      feeds[name] = tensor.varied(variation, seed: seed &+ UInt64(place))
    }
    let results: [String: Tensor]
    do {
      results = try plan.run(feeds, on: team)
    } catch {
      throw Refusal("\(error)")
    }
    return observed.map { names in
      var tensors: [String: Tensor] = [:]
      for (name, joint) in names {
        tensors[name] = results[joint] ?? feeds[joint] ?? constants[joint]
      }
      return tensors
    }
  }
}

extension Graph {
  /// The last tensors that both of the joined graphs compute, and the nodes behind them.
  fileprivate func frontier(
    of tensors: [String], _ joint: JointGraph
  ) -> (frontier: Set<String>, unshared: Set<Int>) {
    let shared = Set(joint.names.original.values).intersection(joint.names.patched.values)
    let live = tensorsThatDependOnInputs
    let producers = producers()
    let structure = GraphStructure(self, lookup: { _ in nil })
    var (frontier, unshared, seen) = (Set<String>(), Set<Int>(), Set<String>())
    var pending = tensors
    while let tensor = pending.popLast() {
      guard seen.insert(tensor).inserted, live.contains(tensor) else { continue }
      guard !shared.contains(tensor), let index = producers[tensor] else {
        frontier.formUnion(structure.learned(behind: tensor) ?? [tensor])
        continue
      }
      unshared.insert(index)
      pending += nodes[index].inputs
    }
    return (frontier, unshared)
  }
}

extension Tensor {
  /// Floating-point numbers changed; others stay.
  fileprivate func varied(_ variation: FrontierStress.Variation, seed: UInt64) -> Tensor {
    guard elementType.isFloatingPoint, let numbers = try? asFloat32() else { return self }
    var values = numbers.elements(of: Float.self)
    var generator = SplitMix64(seed: seed &+ 5)
    func unit() -> Float { Float(generator.next() >> 40) / Float(1 << 24) }
    switch variation {
    case .scaled: for index in values.indices { values[index] *= 3 }
    case .shuffled:
      for index in values.indices.reversed() where index > 0 {
        values.swapAt(index, Int(generator.next() % UInt64(index + 1)))
      }
    case .extremes:
      let extremes: [Float] = [0, -0.0, 1, -1, 16.5, -16.5, 60, -60, 1e-38, -1e-30]
      for index in values.indices where generator.next() % 8 == 0 {
        values[index] = extremes[Int(generator.next() % UInt64(extremes.count))]
      }
    case .negated: for index in values.indices { values[index] = -values[index] }
    case .enlarged: for index in values.indices { values[index] *= 12 }
    case .noise: for index in values.indices { values[index] = 32 * unit() - 16 }
    case .low: for index in values.indices { values[index] = 10 * unit() - 8 }
    case .lowAndHigh:
      for index in values.indices {
        values[index] = generator.next() % 512 == 0 ? 4 + 5 * unit() : 10 * unit() - 8
      }
    }
    return Tensor(values, shape: shape).converted(to: elementType)
  }
}
