import Kernels
import ONNXGraph
import Tensors

/// A graph among a node's attributes, run node by node: by types and shapes as far as operands are not
/// known, and by values where they are.
struct SubgraphRun: Sendable {
  /// Bytes that the results of one run may take.
  private static let largestResults = 1536 << 20

  let name: String
  let graph: Graph
  let opset: Int
  let convolution: ConvolutionMethod

  /// Throws unless the graph has as many inputs and outputs.
  func expect(inputs: Int, outputs: Int) throws {
    guard graph.inputs.count == inputs, graph.outputs.count == outputs else {
      throw OperatorError(
        "\(name) has \(graph.inputs.count) inputs and \(graph.outputs.count) outputs, expected "
          + "\(inputs) and \(outputs)")
    }
  }

  /// The graph's outputs for its inputs.
  ///
  /// - Throws: ``ValueNeeded`` where a shape depends on a value that is not known, and
  ///   ``OperatorError`` for a node that cannot be prepared or run.
  func results(
    _ operands: [Operand?], team: ThreadTeam = ThreadTeam(threadCount: 1)
  ) throws -> [Operand] {
    var known = graph.initializers.mapValues { Operand(constant: $0) }
    for (input, operand) in zip(graph.inputs, operands) { known[input.name] = operand }
    var bytes = 0
    for node in graph.nodes {
      do {
        for (name, result) in zip(node.outputs, try results(of: node, known, &bytes, team)) {
          known[name] = result
        }
      } catch let error as ValueNeeded {
        throw error
      } catch {
        throw OperatorError("\(name): \(node.title): \(error)")
      }
    }
    return try graph.outputs.map { output in
      guard let result = known[output.name] else {
        throw OperatorError("\(name): output '\(shown: output.name)' is made by nothing")
      }
      return result
    }
  }

  private func results(
    of node: Node, _ known: [String: Operand], _ bytes: inout Int, _ team: ThreadTeam
  ) throws -> [Operand] {
    let opset = node.opset ?? opset
    guard let definition = OperatorTable()(node, opset: opset) else {
      throw OperatorError("no such operator in opset \(opset)")
    }
    let operands = try node.inputs.map { name -> Operand? in
      guard !name.isEmpty else { return nil }
      guard let operand = known[name] else { throw ValueNeeded(input: 0) }
      return operand
    }
    let prepared = try prepareNode(
      definition, node: node, opset: opset, operands: operands, convolution: convolution)
    if case .constants(let tensors) = prepared.body { return tensors.map { Operand(constant: $0) } }
    let values = operands.map { $0?.value }
    guard zip(operands, values).allSatisfy({ ($0 == nil) == ($1 == nil) }) else {
      return prepared.outputs.map { Operand(elementType: $0.elementType, shape: $0.shape) }
    }
    for output in prepared.outputs {
      let size = output.shape.elementCount * output.elementType.byteCount
      guard size <= Self.largestResults - bytes else {
        throw OperatorError("a result of shape \(output.shape) exceeds the memory a run may use")
      }
      bytes += size
    }
    return try prepared.values(values, team).map { Operand(constant: $0) }
  }
}

extension PreparedNode {
  /// The outputs for values of the inputs, in memory of their own.
  fileprivate func values(_ inputs: [Tensor?], _ team: ThreadTeam) throws -> [Tensor] {
    switch body {
    case .constants(let tensors): return tensors
    case .alias(let input): return [inputs[input]!.reshaped(to: outputs[0].shape)]
    case .compute(let compute):
      let results = outputs.map { MutableTensor(elementType: $0.elementType, shape: $0.shape) }
      try compute(
        NodeRun(
          inputs: inputs, outputs: results, team: team,
          workspace: TensorStorage(byteCount: workspaceBytesPerWorker * team.threadCount)))
      return results.map(\.tensor)
    }
  }
}

extension NodeReader {
  /// A graph attribute that must be there.
  mutating func subgraph(_ name: String) throws -> SubgraphRun {
    guard let graph = graphAttribute(name) else {
      throw OperatorError(
        "attribute \(name) is absent, or a graph that cannot be read")
    }
    return SubgraphRun(name: name, graph: graph, opset: opset, convolution: convolution)
  }
}

extension Node {
  /// The node with its graphs computing in float64.
  var withSubgraphsInFloat64: Node {
    var wide = self
    wide.subgraphs?.graphs = (subgraphs?.graphs ?? [:]).mapValues { graph in
      var graph = graph
      graph.initializers = graph.initializers.mapValues(\.inFloat64)
      graph.nodes = graph.nodes.map { $0.definition?.inFloat64($0) ?? $0 }
      return graph
    }
    return wide
  }
}
