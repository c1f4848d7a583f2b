import Kernels
import ONNXGraph
import Operators
import Tensors
import Testing

/// Runs one node by itself, as the interpreter would.
///
/// - Parameters:
///   - inputs: `nil` for an optional input left out.
///   - outputs: how many outputs the node names.
///   - constantInputs: whether the operator knows the inputs' values while it prepares. If not, it
///     is told a value only when it asks for it.
func run(
  _ type: String, opset: Int, domain: String = "", inputs: [Tensor?],
  attributes: [String: Attribute] = [:],
  outputs: Int = 1, constantInputs: Bool = true, threads: Int = 2
) throws -> [Tensor] {
  let node = Node(
    domain: domain, operatorType: type,
    inputs: inputs.enumerated().map { $1 == nil ? "" : "in\($0)" },
    outputs: (0..<outputs).map { "out\($0)" },
    attributes: attributes)
  guard let found = OperatorTable()(node, opset: opset) else {
    throw OperatorError("no operator \(type) in opset \(opset)")
  }
  var known = inputs.indices.map { _ in constantInputs }
  while true {
    let operands = zip(inputs, known).map { input, known in
      input.map {
        Operand(elementType: $0.elementType, shape: $0.shape, value: known ? $0 : nil)
      }
    }
    do {
      let prepared = try prepareNode(found, node: node, opset: opset, operands: operands)
      let results = try prepared.run(inputs, threads: threads)
      checkFacts(of: found, node, opset: opset, inputs, results)
      return results
    } catch let needed as ValueNeeded where !known[needed.input] {
      known[needed.input] = true
    }
  }
}

/// What an operator says of its results without running is what they are.
private func checkFacts(
  of definition: any Operator.Type, _ node: Node, opset: Int, _ inputs: [Tensor?],
  _ results: [Tensor]
) {
  let symbolic = SymbolicNode(
    node, opset: opset, inputs: inputs.map { $0.map { SymbolicTensor($0) } })
  for (told, result) in zip(definition.symbolicResults(symbolic) ?? [], results) {
    #expect(told.elementType == result.elementType, "\(node.title)")
    #expect(told.shape.fixed == result.shape.dimensions, "\(node.title)")
    if told.values != nil, let constant = told.constant {
      #expect(constant == result, "\(node.title)")
    }
  }
  if definition.isIdentity(symbolic), let first = inputs.first {
    #expect(results[0] == first, "\(node.title)")
  }
}

/// Runs one node with one output.
func result(
  _ type: String, opset: Int, _ inputs: Tensor?..., attributes: [String: Attribute] = [:],
  constantInputs: Bool = true
) throws -> Tensor {
  try run(
    type, opset: opset, inputs: inputs, attributes: attributes, constantInputs: constantInputs)[0]
}

/// What an operator says when it refuses a node, or `nil` when it does not.
func refusal(
  _ type: String, opset: Int, _ inputs: Tensor?..., attributes: [String: Attribute] = [:],
  outputs: Int = 1
) -> String? {
  do {
    _ = try run(type, opset: opset, inputs: inputs, attributes: attributes, outputs: outputs)
    return nil
  } catch {
    return "\(error)"
  }
}

extension PreparedNode {
  fileprivate func run(_ inputs: [Tensor?], threads: Int) throws -> [Tensor] {
    switch body {
    case .alias(let input):
      precondition(outputs.count == 1)
      precondition(inputs[input]!.elementType == outputs[0].elementType)
      return [inputs[input]!.reshaped(to: outputs[0].shape)]
    case .constants(let tensors):
      return tensors
    case .compute(let compute):
      let results = outputs.map { MutableTensor(elementType: $0.elementType, shape: $0.shape) }
      // An element nobody writes stands out.
      for result in results { result.unsafeBytes.initializeMemory(as: UInt8.self, repeating: 0xa5) }
      try compute(
        NodeRun(
          inputs: inputs, outputs: results, team: ThreadTeam(threadCount: threads),
          workspace: TensorStorage(byteCount: workspaceBytesPerWorker * threads)))
      return results.map { $0.tensor }
    }
  }
}

func areNaN(_ numbers: some Sequence<some FloatingPoint>) -> Bool {
  numbers.allSatisfy { $0.isNaN }
}
