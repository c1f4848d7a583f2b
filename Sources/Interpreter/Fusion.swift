import Kernels
import Operators

/// Lets nodes apply the activation that follows them, where nobody else sees what lies in between.
///
/// The bits stay those of the unfused steps: an ``Activation`` is defined by them.
struct Fusion {
  private var readers: [Int: [Int]] = [:]
  private var makers: [Int: Int] = [:]
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
      for output in step.outputs { makers[output] = index }
    }
  }

  private mutating func fuse(at index: Int) {
    guard let step = steps[index], let applying = step.prepared?.applying, step.outputs.count == 1,
      !kept.contains(step.outputs[0]), let follower = follower(of: step.outputs[0])
    else { return }
    let fused = Plan.Step(
      node: step.node, inputs: step.inputs, outputs: [follower.result],
      action: .prepared(applying(follower.activation)))
    for absorbed in follower.steps { steps[absorbed] = nil }
    // What stood between the two steps may be read by the last one only, which is gone.
    steps[index] = fused
    makers[follower.result] = index
  }

  private func follower(
    of tensor: Int
  ) -> (activation: Activation, steps: [Int], result: Int)? {
    let reading = readers[tensor] ?? []
    if reading.count == 1, let step = steps[reading[0]],
      let activation = step.prepared?.activation, step.inputs == [tensor]
    {
      return (activation, reading, step.outputs[0])
    }
    // x * sigmoid(x), in either order.
    guard reading.count == 2, let sigmoid = steps[reading[0]], let product = steps[reading[1]],
      sigmoid.prepared?.activation == .sigmoid, !kept.contains(sigmoid.outputs[0]),
      readers[sigmoid.outputs[0]] == [reading[1]], product.node.operatorType == "Mul",
      product.node.domain.isEmpty, Set(product.inputs) == [tensor, sigmoid.outputs[0]]
    else { return nil }
    return (.silu, reading, product.outputs[0])
  }
}
