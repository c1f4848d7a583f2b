import Kernels
import ONNXGraph
import Tensors

/// `Loop`: a graph (`body`) run again and again, at most M times and as long as its condition holds.
///
/// Inputs: M (one int64) and the condition (one bool), either of which may be left out, then the values
/// that are carried from run to run; behind them what the body reads from around the node. The body
/// takes the number of the run, the condition and the carried values, and gives the condition, the
/// carried values and what is collected. Outputs: the carried values, then the collected ones of all
/// runs along a new first axis.
///
/// The node is prepared, and computed, when all of its inputs are; it ends after
/// ``largestTripCount`` runs with an error.
package enum Loop: Operator {
  package static let type = "Loop"
  /// Its graph may hold anything.
  package static let accumulates = true
  /// Bytes that what is collected may take.
  static let largestCollection = 1536 << 20
  package static let largestTripCount = 1 << 16

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let body = try node.subgraph("body")
    let captured = node.capturedCount
    let carriedCount = node.inputCount - captured - 2
    let collectedCount = node.outputCount - max(carriedCount, 0)
    guard carriedCount >= 0, collectedCount >= 0 else {
      throw OperatorError(
        "\(node.inputCount - captured) inputs and \(node.outputCount) outputs, expected at least 2, "
          + "and an output for each carried value")
    }
    try body.expect(
      inputs: 2 + carriedCount + captured, outputs: 1 + carriedCount + collectedCount)
    let tripCount = try node.tripCount()
    let condition = try node.startingCondition()
    let values = try (2..<node.inputCount).map { Operand(constant: try node.value($0)) }
    var state = State(
      carried: Array(values.prefix(carriedCount)), captured: Array(values.suffix(captured)),
      collected: [[Tensor]](repeating: [], count: collectedCount))
    try state.run(body, tripCount: tripCount, while: condition)
    return .constants(try state.results(body))
  }

  package static func inFloat64(_ node: Node) -> Node { node.withSubgraphsInFloat64 }

  private struct State {
    var carried: [Operand]
    let captured: [Operand]
    /// For each collected output, its part of every run.
    var collected: [[Tensor]]

    mutating func run(_ body: SubgraphRun, tripCount: Int?, while condition: Bool) throws {
      let team = ThreadTeam(threadCount: 1)
      var condition = condition
      var number = 0
      var bytes = 0
      while condition, number < tripCount ?? .max {
        guard number < Loop.largestTripCount else {
          throw OperatorError("more than \(Loop.largestTripCount) runs of the body")
        }
        let given = [
          Operand(constant: Tensor(scalar: Int64(number))),
          Operand(constant: Tensor(scalar: condition)),
        ]
        let results = try body.results(given + carried + captured, team: team)
        guard let next = results[0].value?.truth else {
          throw OperatorError(
            "the body's condition is \(results[0].elementType)\(results[0].shape), expected one bool"
          )
        }
        condition = next
        carried = Array(results[1..<1 + carried.count])
        for (index, result) in results.dropFirst(1 + carried.count).enumerated() {
          guard let value = result.value else { continue }
          bytes += value.byteCount
          guard bytes <= Loop.largestCollection else {
            throw OperatorError("what the body gives exceeds the memory a run may use")
          }
          collected[index].append(value)
        }
        number += 1
      }
    }

    /// The node's outputs. Of no run at all, what is collected has the declared type and, but for
    /// the first axis, the declared sizes.
    func results(_ body: SubgraphRun) throws -> [Tensor] {
      let declared = body.graph.outputs.dropFirst(1 + carried.count)
      return carried.compactMap(\.value)
        + (try zip(collected, declared).map { try Tensor.stacked($0, declared: $1) })
    }
  }
}

extension NodeReader {
  /// How often the body is run at most; `nil` when that is left out.
  fileprivate func tripCount() throws -> Int? {
    guard optionalOperand(0) != nil else { return nil }
    let numbers = try integers(0)
    guard numbers.count == 1 else {
      throw OperatorError("input 0 has \(numbers.count) elements, expected one")
    }
    return numbers[0]
  }

  fileprivate func startingCondition() throws -> Bool {
    guard optionalOperand(1) != nil else { return true }
    guard let isTrue = try value(1).truth else {
      throw OperatorError("input 1 is \(try value(1).elementType), expected one bool")
    }
    return isTrue
  }
}

extension Tensor {
  /// Tensors of one type and shape beside one another along a new first axis.
  fileprivate static func stacked(_ parts: [Tensor], declared: ValueInfo) throws -> Tensor {
    guard let first = parts.first else {
      let sizes = (declared.dimensions ?? []).map { dimension in
        if case .fixed(let size) = dimension { size } else { 0 }
      }
      return .zeros(declared.elementType ?? .float32, shape: try Shape(validating: [0] + sizes))
    }
    guard parts.allSatisfy({ $0.elementType == first.elementType && $0.shape == first.shape })
    else {
      throw OperatorError("runs of the body give other shapes than \(first.shape), the first's")
    }
    let whole = MutableTensor(
      elementType: first.elementType,
      shape: try Shape(validating: [parts.count] + first.shape.dimensions))
    for (index, part) in parts.enumerated() {
      let place = index * first.byteCount..<(index + 1) * first.byteCount
      part.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: whole.unsafeBytes[place]).copyMemory(from: $0)
      }
    }
    return whole.tensor
  }
}
