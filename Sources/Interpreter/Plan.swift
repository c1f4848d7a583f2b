import Kernels
import ONNXGraph
import Operators
import Synchronization
import Tensors

/// A way to run a resolved graph: the steps in order, fused where nobody sees what lies between,
/// and a place in memory for every tensor.
///
/// A plan is made for the tensors that are asked for: those are always materialised. The same inputs
/// give the same bits, on any number of threads and whatever is asked for.
public struct Plan: Sendable {
  struct Step: Sendable {
    enum Action: Sendable {
      case prepared(PreparedNode)
      case postponed(any Operator.Type, opset: Int)
    }

    let node: Node
    /// Numbers of the tensors read; `nil` for an optional input left out.
    let inputs: [Int?]
    /// Numbers of the tensors made.
    let outputs: [Int]
    let action: Action

    var prepared: PreparedNode? {
      if case .prepared(let node) = action { node } else { nil }
    }
  }

  let steps: [Step]
  let tensorCount: Int
  let inputs: [(name: String, number: Int, description: ResolvedGraph.Description)]
  let constants: [(number: Int, value: Tensor)]
  let observed: [(name: String, number: Int)]
  /// Offsets of tensors in the block of memory that is a run's.
  let offsets: [Int: Int]
  /// For each step, the tensors that nobody reads after it.
  let releases: [[Int]]
  let limits: RunLimits
  let convolution: ConvolutionMethod
  let memory: RunMemory

  /// Bytes of the block of memory that a run's tensors stand in, those that are asked for included.
  public let byteCount: Int

  /// - Parameters:
  ///   - resolved: the graph to plan.
  ///   - observing: the tensors a run returns; the graph's outputs when left out.
  /// - Throws: ``InterpreterError`` when there is no such tensor or memory does not suffice.
  public init(
    _ resolved: ResolvedGraph, observing: [String]? = nil
  ) throws(InterpreterError) {
    let names = observing ?? resolved.model.graph.outputs.map(\.name)
    var numbering = TensorNumbering()
    let allSteps = resolved.steps.map { step in
      numbering.step(for: step) { resolved.constant($0) != nil }
    }
    inputs = resolved.model.graph.inputs.map { input in
      (input.name, numbering.number(of: input.name), resolved.inputs[input.name]!)
    }
    observed = names.map { ($0, numbering.number(of: $0)) }
    let wanted = Set(observed.map(\.number))
    let live = Plan.live(allSteps, reaching: wanted)
    steps = InPlaceParts.applied(to: Fusion.applied(to: live, keeping: wanted), keeping: wanted)
    constants = numbering.numbers.compactMap { name, number in
      resolved.constant(name).map { (number, $0) }
    }
    tensorCount = numbering.numbers.count
    limits = resolved.limits
    convolution = resolved.convolution
    let known = Set(constants.map(\.number) + inputs.map(\.number) + steps.flatMap(\.outputs))
    if let unknown = observed.first(where: { !known.contains($0.number) }) {
      throw InterpreterError(
        "there is no tensor '\(shown: unknown.name)' that an output depends on")
    }
    var lifetimes = Lifetimes(steps: steps, observed: wanted)
    releases = lifetimes.releases(stepCount: steps.count, keeping: wanted)
    let buffers = BufferPlan(lifetimes.requests())
    offsets = lifetimes.offsets(in: buffers)
    byteCount = buffers.byteCount
    memory = RunMemory(
      byteCount: byteCount,
      workspaceBytesPerWorker: steps.map { $0.prepared?.workspaceBytesPerWorker ?? 0 }.max() ?? 0)
    try checkMemory(threads: ThreadTeam.availableThreads)
  }

  /// Throws when a run on as many threads would take more than the limit: tensors, what the node that
  /// takes most needs beside them, and constants that nodes keep in a form of their own.
  func checkMemory(threads: Int) throws(InterpreterError) {
    var needs = Needs(tensors: byteCount)
    for step in steps {
      guard let prepared = step.prepared else { continue }
      needs.held += prepared.heldBytes
      let temporary = prepared.temporaryBytes(threads: threads)
      if temporary > needs.temporary { (needs.temporary, needs.node) = (temporary, step.node) }
    }
    guard needs.total > limits.memory else { return }
    throw InterpreterError(
      "a run needs \(needs.total >> 20) MB of memory (\(needs.text)), more than the limit of "
        + "\(limits.memory >> 20) MB; use a smaller input or --max-memory")
  }

  private struct Needs {
    let tensors: Int
    var held = 0
    var temporary = 0
    var node: Node?

    var total: Int {
      [tensors, held, temporary].reduce(0) { total, bytes in
        let (sum, overflow) = total.addingReportingOverflow(bytes)
        return overflow ? .max : sum
      }
    }

    var text: String {
      var parts = ["\(tensors >> 20) MB for tensors"]
      if held >> 20 > 0 { parts.append("\(held >> 20) MB for packed weights") }
      if let node, temporary >> 20 > 0 {
        parts.append("\(temporary >> 20) MB for \(node.title)")
      }
      return parts.joined(separator: ", ")
    }
  }

  private static func live(_ steps: [Step], reaching tensors: Set<Int>) -> [Step] {
    var wanted = tensors
    var live: [Step] = []
    for step in steps.reversed() where !wanted.isDisjoint(with: step.outputs) {
      wanted.formUnion(step.inputs.compactMap { $0 })
      live.append(step)
    }
    return live.reversed()
  }
}

/// Gives each tensor name a number, and unnamed outputs one of their own.
private struct TensorNumbering {
  private(set) var numbers: [String: Int] = [:]

  mutating func number(of name: String) -> Int {
    if let number = numbers[name] { return number }
    numbers[name] = numbers.count
    return numbers.count - 1
  }

  mutating func step(
    for step: ResolvedGraph.Step, isConstant: (String) -> Bool
  ) -> Plan.Step {
    let node = step.node
    let inputs = node.inputs.map { name in
      name.isEmpty || (step.holdsConstants && isConstant(name)) ? nil : number(of: name)
    }
    var outputs = node.outputs.enumerated().map { index, name in
      name.isEmpty ? unnamed(index) : number(of: name)
    }
    switch step {
    case .postponed(_, let type, let opset):
      return Plan.Step(
        node: node, inputs: inputs, outputs: outputs, action: .postponed(type, opset: opset))
    case .prepared(_, let prepared):
      while outputs.count < prepared.outputs.count {
        outputs.append(unnamed(outputs.count))
      }
      return Plan.Step(node: node, inputs: inputs, outputs: outputs, action: .prepared(prepared))
    }
  }

  private mutating func unnamed(_ output: Int) -> Int {
    // A name that no tensor of the graph has.
    var name = "\n\(numbers.count) \(output)"
    while numbers[name] != nil { name += "'" }
    return number(of: name)
  }
}
