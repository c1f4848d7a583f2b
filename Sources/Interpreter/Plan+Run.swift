import Kernels
import ONNXGraph
import Operators
import Synchronization
import Tensors

extension Plan {
  /// Runs the graph.
  ///
  /// - Parameters:
  ///   - tensors: a tensor for each of the graph's inputs, of the type and shape it was resolved for.
  ///   - team: the threads to use.
  ///   - onStep: called after each step, in order.
  /// - Returns: the observed tensors, by name. They stand in the run's memory, which another run takes
  ///   when none of them is left.
  /// - Throws: ``InterpreterError`` when an input does not fit, or a value that is computed turns
  ///   out to be one an operator cannot take.
  package func run(
    _ tensors: [String: Tensor], on team: ThreadTeam, onStep: ((StepTime) -> Void)? = nil
  ) throws(InterpreterError) -> [String: Tensor] {
    var values = try startingValues(tensors)
    if team.threadCount > ThreadTeam.availableThreads {
      try checkMemory(threads: team.threadCount)
    }
    let blocks = memory.take(threads: team.threadCount)
    defer { memory.giveBack(blocks) }
    var postponedBytes = 0
    do {
      try team.whileAwake {
        for (index, step) in steps.enumerated() {
          let start = onStep == nil ? nil : ContinuousClock.now
          switch step.action {
          case .prepared(let prepared):
            try execute(prepared, step, &values, blocks, team)
          case .postponed(let type, let opset):
            try execute(type, opset, step, &values, &postponedBytes, team)
          }
          if let onStep, let start { onStep(step.time(start.duration(to: .now))) }
          for number in releases[index] { values[number] = nil }
        }
      }
    } catch let error as InterpreterError {
      throw error
    } catch {
      throw InterpreterError(String(describing: error))
    }
    return Dictionary(observed.map { ($0.name, values[$0.number]!) }) { first, _ in first }
  }

  /// Runs the graph on threads of its own.
  ///
  /// - Parameters:
  ///   - tensors: a tensor for each of the graph's inputs, by name.
  ///   - threads: how many; all that the process may use when left out.
  public func run(
    _ tensors: [String: Tensor], threads: Int? = nil
  ) throws(InterpreterError) -> [String: Tensor] {
    try run(tensors, on: ThreadTeam(threadCount: threads ?? ThreadTeam.availableThreads))
  }

  /// Lets go of the memory that is kept for the next run.
  package func freeMemory() { memory.free() }

  private func startingValues(_ tensors: [String: Tensor]) throws(InterpreterError) -> [Tensor?] {
    var values = [Tensor?](repeating: nil, count: tensorCount)
    for (number, value) in constants { values[number] = value }
    for input in inputs {
      guard let tensor = tensors[input.name] else {
        throw InterpreterError("no tensor given for input '\(shown: input.name)'")
      }
      guard tensor.elementType == input.description.elementType,
        tensor.shape == input.description.shape
      else {
        throw InterpreterError(
          "input '\(shown: input.name)' is given \(tensor.elementType)\(tensor.shape), but the plan is for "
            + "\(input.description.elementType)\(input.description.shape)")
      }
      values[input.number] = tensor
    }
    return values
  }

  private func execute(
    _ prepared: PreparedNode, _ step: Step, _ values: inout [Tensor?], _ blocks: RunMemory.Blocks,
    _ team: ThreadTeam
  ) throws {
    switch prepared.body {
    case .constants(let tensors):
      for (number, tensor) in zip(step.outputs, tensors) { values[number] = tensor }
    case .alias(let input):
      values[step.outputs[0]] = values[step.inputs[input]!]!.reshaped(
        to: prepared.outputs[0].shape)
    case .compute(let compute):
      let outputs = zip(step.outputs, prepared.outputs).map {
        MutableTensor(
          elementType: $1.elementType, shape: $1.shape, storage: blocks.tensors,
          byteOffset: offsets[$0]!)
      }
      let inputs = step.inputs.map { $0.flatMap { values[$0] } }
      do {
        try compute(
          NodeRun(inputs: inputs, outputs: outputs, team: team, workspace: blocks.workspace))
      } catch {
        throw InterpreterError(error, at: step.node, operands: inputs.map(Operand.init))
      }
      for (number, output) in zip(step.outputs, outputs) { values[number] = output.tensor }
    }
  }

  /// Prepares a step whose operands are only known now, and runs it in memory of its own.
  private func execute(
    _ type: any Operator.Type, _ opset: Int, _ step: Step, _ values: inout [Tensor?],
    _ allocatedBytes: inout Int, _ team: ThreadTeam
  ) throws {
    let inputs = step.inputs.map { $0.flatMap { values[$0] } }
    let operands = inputs.map(Operand.init)
    do {
      let prepared = try prepareNode(
        type, node: step.node, opset: opset, operands: operands, convolution: convolution)
      let results: [Tensor]
      switch prepared.body {
      case .constants(let tensors): results = tensors
      case .alias(let input): results = [inputs[input]!.reshaped(to: prepared.outputs[0].shape)]
      case .compute(let compute):
        let temporary = prepared.temporaryBytes(threads: team.threadCount)
        guard temporary <= limits.memory - allocatedBytes else {
          throw OperatorError(
            "\(temporary >> 20) MB to compute with exceed the memory a run may use "
              + "(\((limits.memory - allocatedBytes) >> 20) MB left); use a smaller input or "
              + "--max-memory")
        }
        allocatedBytes += try prepared.checkedByteCount(
          limit: limits.memory - allocatedBytes - temporary)
        let outputs = prepared.outputs.map {
          MutableTensor(elementType: $0.elementType, shape: $0.shape)
        }
        let workspace = TensorStorage(
          byteCount: prepared.workspaceBytesPerWorker * team.threadCount)
        try compute(NodeRun(inputs: inputs, outputs: outputs, team: team, workspace: workspace))
        results = outputs.map(\.tensor)
      }
      for (number, tensor) in zip(step.outputs, results) { values[number] = tensor }
    } catch {
      throw InterpreterError(error, at: step.node, operands: operands)
    }
  }
}

extension Operand {
  fileprivate init?(_ tensor: Tensor?) {
    guard let tensor else { return nil }
    self.init(constant: tensor)
  }
}

/// The memory runs of one plan use, kept between runs so that a repeated run allocates none.
///
/// The tensors a run returns stand in its block, which serves another run once they are gone.
final class RunMemory: Sendable {
  struct Blocks: Sendable {
    var tensors: TensorStorage
    let workspace: TensorStorage
    let threads: Int
  }

  private let byteCount: Int
  private let workspaceBytesPerWorker: Int
  private let spare = Mutex<[Blocks]>([])

  /// Blocks that are kept: while a run's tensors are still looked at, the next has the other.
  private static var spareLimit: Int { 2 }

  init(byteCount: Int, workspaceBytesPerWorker: Int) {
    self.byteCount = byteCount
    self.workspaceBytesPerWorker = workspaceBytesPerWorker
  }

  func take(threads: Int) -> Blocks {
    let kept: Blocks? = spare.withLock { spare in
      for index in spare.indices where spare[index].threads == threads {
        if isKnownUniquelyReferenced(&spare[index].tensors) { return spare.remove(at: index) }
      }
      return nil
    }
    return kept
      ?? Blocks(
        tensors: TensorStorage(byteCount: byteCount),
        workspace: TensorStorage(byteCount: workspaceBytesPerWorker * threads), threads: threads)
  }

  func giveBack(_ blocks: Blocks) {
    spare.withLock { spare in
      spare.append(blocks)
      if spare.count > Self.spareLimit { spare.removeFirst() }
    }
  }

  func free() { spare.withLock { $0.removeAll() } }
}
