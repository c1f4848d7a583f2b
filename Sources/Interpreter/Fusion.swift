import Kernels
import Operators

/// Lets nodes apply the activation that follows them, where nobody else sees what lies in between.
///
/// The bits stay those of the unfused steps: an ``Activation`` is defined by them.
struct Fusion {
  private var readers: [Int: [Int]] = [:]
  private let kept: Set<Int>
  private var steps: [Plan.Step?]

  /// - Parameter kept: numbers of tensors that are asked for.
  static func applied(to steps: [Plan.Step], keeping kept: Set<Int>) -> [Plan.Step] {
    var fusion = Fusion(steps, keeping: kept)
    for index in steps.indices { fusion.fuse(at: index) }
    return fusion.steps.compactMap { $0 }
  }

  private init(_ steps: [Plan.Step], keeping kept: Set<Int>) {
    self.steps = steps
    self.kept = kept
    for (index, step) in steps.enumerated() {
      for input in step.inputs.compactMap({ $0 }) { readers[input, default: []].append(index) }
    }
  }

  private mutating func fuse(at index: Int) {
    guard let step = steps[index], let applying = step.prepared?.applying, step.outputs.count == 1,
      !kept.contains(step.outputs[0]), let follower = follower(of: step.outputs[0])
    else { return }
    for absorbed in follower.steps { steps[absorbed] = nil }
    let fused = Plan.Step.Action.prepared(applying(follower.activation))
    // What stood between the steps may be read by the last one only, which is gone.
    replace(index, with: fused, making: follower.moves.isEmpty ? follower.result : step.outputs[0])
    if let move = follower.moves.last {
      replace(move, with: steps[move]!.action, making: follower.result)
    }
  }

  private mutating func replace(_ index: Int, with action: Plan.Step.Action, making output: Int) {
    guard let step = steps[index] else { return }
    steps[index] = Plan.Step(
      node: step.node, inputs: step.inputs, outputs: [output], action: action)
  }

  private struct Follower {
    let activation: Activation
    /// The steps that compute it.
    let steps: [Int]
    /// Steps before them that only move elements.
    let moves: [Int]
    let result: Int
  }

  /// How far an activation is looked for: exporters put one or two steps between.
  private static var mostMoves: Int { 16 }

  /// The activation after a tensor, over steps between that move elements.
  private func follower(of tensor: Int) -> Follower? {
    var (tensor, moves) = (tensor, [Int]())
    while let reading = readers[tensor], reading.count == 1, let step = steps[reading[0]],
      let prepared = step.prepared, step.outputs.count == 1, step.inputs.first == tensor
    {
      if let activation = prepared.activation, step.inputs == [tensor] {
        return Follower(
          activation: activation, steps: reading, moves: moves, result: step.outputs[0])
      }
      guard prepared.movesElements, moves.count < Self.mostMoves, !kept.contains(step.outputs[0])
      else { return nil }
      moves.append(reading[0])
      tensor = step.outputs[0]
    }
    // x * sigmoid(x), in either order.
    let reading = readers[tensor] ?? []
    guard reading.count == 2, let sigmoid = steps[reading[0]], let product = steps[reading[1]],
      sigmoid.prepared?.activation == .sigmoid, !kept.contains(sigmoid.outputs[0]),
      readers[sigmoid.outputs[0]] == [reading[1]], product.node.applies(Mul.self),
      Set(product.inputs) == [tensor, sigmoid.outputs[0]]
    else { return nil }
    return Follower(
      activation: .silu, steps: reading, moves: moves, result: product.outputs[0])
  }
}

extension PreparedNode {
  fileprivate var movesElements: Bool {
    if case .alias(input: 0) = body { true } else { onlyMovesElements }
  }
}
