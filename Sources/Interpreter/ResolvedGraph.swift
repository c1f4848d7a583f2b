import Kernels
import ONNXGraph
import Operators
import Tensors

/// A model with everything worked out that the types and shapes of its inputs decide: the shape of
/// each tensor, constants and shape computations folded, each node prepared.
public struct ResolvedGraph: Sendable {
  /// The element type and shape of a tensor.
  public struct Description: Sendable, Hashable {
    public let elementType: ElementType
    public let shape: Shape

    public init(_ elementType: ElementType, _ shape: Shape) {
      self.elementType = elementType
      self.shape = shape
    }
  }

  enum Step: Sendable {
    case prepared(Node, PreparedNode)
    /// Prepared in the run: the shape of a result depends on a value computed there.
    case postponed(Node, any Operator.Type, opset: Int)

    var node: Node {
      switch self {
      case .prepared(let node, _), .postponed(let node, _, _): node
      }
    }

    /// Whether a run need not hand the node its constant inputs.
    var holdsConstants: Bool {
      if case .prepared(_, let prepared) = self { prepared.holdsConstants } else { false }
    }
  }

  public let model: Model
  let inputs: [String: Description]
  let steps: [Step]
  let limits: RunLimits
  let convolution: ConvolutionMethod
  private let operands: [String: Operand]

  /// - Parameters:
  ///   - model: the model whose graph is resolved.
  ///   - inputs: a type and shape for each of the graph's inputs, by name.
  ///   - observing: tensors beside the graph's outputs that will be asked for.
  ///   - limits: how much memory a run may take.
  ///   - convolution: how float32 convolutions are computed.
  /// - Throws: ``InterpreterError`` when operators are missing (all are listed), an input is not
  ///   described or does not fit its declaration, or a node is wrong.
  public init(
    _ model: Model, inputs: [String: Description], observing: some Sequence<String> = [],
    limits: RunLimits = RunLimits(), convolution: ConvolutionMethod = .fastest
  ) throws(InterpreterError) {
    let missing = model.missingOperators()
    guard missing.isEmpty else {
      let list = String.shownList(missing.map(\.description))
      throw InterpreterError("operators that cannot be run: \(list)")
    }
    var resolver = Resolver(model: model, limits: limits, convolution: convolution)
    for input in model.graph.inputs {
      guard let description = inputs[input.name] else {
        throw InterpreterError("no tensor given for input '\(shown: input.name)'")
      }
      try input.check(description)
      resolver.operands[input.name] = Operand(
        elementType: description.elementType, shape: description.shape)
    }
    let wanted = model.graph.outputs.map(\.name) + observing
    for node in model.liveNodes(reaching: wanted) { try resolver.resolve(node) }
    self.model = model
    self.inputs = inputs
    self.limits = limits
    self.convolution = convolution
    steps = resolver.steps
    operands = resolver.operands
  }

  /// A tensor's type and shape; `nil` when only the run decides it or there is no such tensor.
  public func description(of tensor: String) -> Description? {
    operands[tensor].map { Description($0.elementType, $0.shape) }
  }

  /// Multiplications of each node, by the node's first output.
  package var multiplyAddsByOutput: [String: Int] {
    var counts: [String: Int] = [:]
    for case .prepared(let node, let prepared) in steps {
      if let output = node.outputs.first { counts[output] = prepared.multiplyAdds }
    }
    return counts
  }

  /// Multiplications of convolutions and matrix products in one run.
  public var multiplyAdds: Int {
    steps.reduce(0) { total, step in
      if case .prepared(_, let prepared) = step { total &+ prepared.multiplyAdds } else { total }
    }
  }

  /// Packs the weights of all convolutions, which the first run does otherwise.
  package func packWeights(on team: ThreadTeam) {
    for case .prepared(_, let prepared) in steps { prepared.prepareConstants?(team) }
  }

  /// A tensor's value, when it does not depend on what the graph is fed.
  public func constant(_ tensor: String) -> Tensor? { operands[tensor]?.value }
}

extension ValueInfo {
  /// Throws unless a tensor can be fed to the input as it is declared.
  func check(_ description: ResolvedGraph.Description) throws(InterpreterError) {
    if let elementType, elementType != description.elementType {
      throw InterpreterError(
        "input '\(shown: name)' is given \(description.elementType), expected \(elementType)")
    }
    guard let dimensions else { return }
    let fits =
      dimensions.count == description.shape.rank
      && zip(dimensions, description.shape).allSatisfy { declared, given in
        if case .fixed(let size) = declared { size == given } else { true }
      }
    guard fits else {
      let expected = dimensions.map(\.description).joined(separator: ",")
      throw InterpreterError(
        "input '\(shown: name)' is given shape \(description.shape), expected [\(expected)]")
    }
  }
}

/// Works through the nodes in order.
struct Resolver {
  let model: Model
  let limits: RunLimits
  let convolution: ConvolutionMethod
  let table = OperatorTable()
  let team = ThreadTeam(threadCount: 1)
  var operands: [String: Operand]
  var steps: [ResolvedGraph.Step] = []
  private var foldedBytes = 0
  private var foldedWork = 0

  init(model: Model, limits: RunLimits, convolution: ConvolutionMethod) {
    self.model = model
    self.limits = limits
    self.convolution = convolution
    operands = model.graph.initializers.mapValues { Operand(constant: $0) }
  }

  mutating func resolve(_ node: Node) throws(InterpreterError) {
    let opset = model.opset(of: node)
    guard let operatorType = table(node, opset: opset) else {
      throw InterpreterError("\(node.title): no such operator in opset \(opset)")
    }
    var inputs: [Operand?] = []
    for name in node.inputs {
      guard !name.isEmpty else {
        inputs.append(nil)
        continue
      }
      guard let operand = operands[name] else {
        steps.append(.postponed(node, operatorType, opset: opset))
        return
      }
      inputs.append(operand)
    }
    do {
      let prepared = try prepareNode(
        operatorType, node: node, opset: opset, operands: inputs, convolution: convolution)
      try record(prepared, of: node, operands: inputs)
    } catch is ValueNeeded {
      steps.append(.postponed(node, operatorType, opset: opset))
    } catch {
      throw InterpreterError(error, at: node, operands: inputs)
    }
  }

  private mutating func record(
    _ prepared: PreparedNode, of node: Node, operands inputs: [Operand?]
  ) throws {
    if let values = try fold(prepared, inputs: inputs) {
      for (name, value) in zip(node.outputs, values) where !name.isEmpty {
        operands[name] = Operand(constant: value)
      }
      return
    }
    for (name, output) in zip(node.outputs, prepared.outputs) where !name.isEmpty {
      operands[name] = Operand(elementType: output.elementType, shape: output.shape)
    }
    steps.append(.prepared(node, prepared))
  }

  /// The outputs' values, when they depend on constants alone.
  private mutating func fold(_ prepared: PreparedNode, inputs: [Operand?]) throws -> [Tensor]? {
    if case .constants(let values) = prepared.body { return values }
    let values = inputs.map { $0?.value }
    guard zip(inputs, values).allSatisfy({ ($0 == nil) == ($1 == nil) }) else { return nil }
    switch prepared.body {
    case .constants(let values): return values
    case .alias(let input): return [values[input]!.reshaped(to: prepared.outputs[0].shape)]
    case .compute(let compute):
      let bytes = try prepared.checkedByteCount(limit: limits.memory)
      let work = prepared.multiplyAdds.addingReportingOverflow(
        prepared.outputs.reduce(0) { $0 + $1.shape.elementCount })
      guard bytes <= limits.foldedMemory - foldedBytes, !work.overflow,
        (0...limits.foldedWork - foldedWork).contains(work.partialValue),
        prepared.workspaceBytesPerWorker + prepared.scratchBytes <= limits.foldedMemory
      else { return nil }
      foldedBytes += bytes
      foldedWork += work.partialValue
      let outputs = prepared.outputs.map {
        MutableTensor(elementType: $0.elementType, shape: $0.shape)
      }
      try compute(
        NodeRun(
          inputs: values, outputs: outputs, team: team,
          workspace: TensorStorage(byteCount: prepared.workspaceBytesPerWorker)))
      return outputs.map(\.tensor)
    }
  }
}

extension PreparedNode {
  /// Bytes that the node takes beside its results, on as many threads.
  func temporaryBytes(threads: Int) -> Int {
    let (workspace, overflow) = workspaceBytesPerWorker.multipliedReportingOverflow(by: threads)
    let (sum, exceeds) = workspace.addingReportingOverflow(scratchBytes)
    return overflow || exceeds ? .max : sum
  }

  /// Bytes of all outputs together.
  func checkedByteCount(limit: Int) throws -> Int {
    var total = 0
    for output in outputs {
      let bytes = output.shape.elementCount * output.elementType.byteCount
      guard bytes <= limit - total else {
        throw OperatorError(
          "a result of shape \(output.shape) exceeds the memory a run may use (\(limit >> 20) MB "
            + "left); use a smaller input or --max-memory")
      }
      total += bytes
    }
    return total
  }
}

extension Dimension: CustomStringConvertible {
  public var description: String {
    switch self {
    case .fixed(let size): String(size)
    case .named(let name): name
    case .unknown: "?"
    }
  }
}
