import Kernels
import ONNXGraph
import Tensors

/// `If`: the outputs of one of two graphs, `then_branch` where the condition (one bool) holds.
///
/// What the graphs read from around the node are its inputs behind the condition. Both are prepared;
/// where they give the same types and shapes, so does the node. Else, and where a branch cannot be
/// prepared for the sizes at hand, the node is prepared when the condition is computed.
package enum If: Operator {
  package static let type = "If"
  /// Its graphs may hold anything.
  package static let accumulates = true

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let condition = try node.operand(0)
    guard condition.elementType == .bool, condition.shape.elementCount == 1 else {
      throw OperatorError(
        "input 0 is \(condition.elementType)\(condition.shape), expected one bool")
    }
    let branches = try Branches(&node)
    let operands = (1..<max(node.inputCount, 1)).map { node.optionalOperand($0) }
    for branch in [branches.then, branches.otherwise] {
      try branch.expect(inputs: operands.count, outputs: node.outputCount)
    }
    if let isTrue = condition.value?.truth {
      return try prepared(branches[isTrue], operands, chosen: { _ in branches[isTrue] })
    }
    guard let first = try? branches.then.results(operands),
      let second = try? branches.otherwise.results(operands),
      zip(first, second).allSatisfy({ $0.elementType == $1.elementType && $0.shape == $1.shape })
    else { throw ValueNeeded(input: 0) }
    return try prepared(branches.then, operands) { branches[$0.inputs[0]?.truth ?? false] }
  }

  private static func prepared(
    _ branch: SubgraphRun, _ operands: [Operand?],
    chosen: @escaping @Sendable (NodeRun) -> SubgraphRun
  ) throws -> PreparedNode {
    let results = try branch.results(operands)
    let values = results.compactMap(\.value)
    if operands.allSatisfy({ $0?.value != nil }), values.count == results.count {
      return .constants(values)
    }
    return PreparedNode(
      outputs: results.map { .init($0.elementType, $0.shape) },
      body: .compute { run in
        let known = run.inputs.dropFirst().map { $0.map { Operand(constant: $0) } }
        let results = try chosen(run).results(known, team: run.team)
        for (result, output) in zip(results, run.outputs) {
          guard let value = result.value, value.elementType == output.elementType,
            value.shape == output.shape
          else {
            throw OperatorError(
              "a branch gives \(result.elementType)\(result.shape), expected "
                + "\(output.elementType)\(output.shape) as its preparation")
          }
          value.withUnsafeBytes { output.unsafeBytes.copyMemory(from: $0) }
        }
      })
  }

  package static func inFloat64(_ node: Node) -> Node { node.withSubgraphsInFloat64 }
}

private struct Branches: Sendable {
  let then: SubgraphRun
  let otherwise: SubgraphRun

  init(_ node: inout NodeReader) throws {
    then = try node.subgraph("then_branch")
    otherwise = try node.subgraph("else_branch")
  }

  subscript(condition: Bool) -> SubgraphRun { condition ? then : otherwise }
}
