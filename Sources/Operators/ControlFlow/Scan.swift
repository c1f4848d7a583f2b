import Kernels
import ONNXGraph
import Tensors

/// `Scan`: a graph (`body`) run once for each slice of its scanned inputs; opset 9 and later.
///
/// Inputs: the values that are carried from run to run, then `num_scan_inputs` tensors whose slices along
/// `scan_input_axes` each run takes; behind them what the body reads from around the node. Outputs: the
/// carried values, then what the runs give beside one another along `scan_output_axes`. Directions of 1
/// go from the end.
///
/// The node is prepared, and computed, when all of its inputs are.
package enum Scan: Operator {
  package static let type = "Scan"
  package static let opsets = 9...newestOpset
  /// Its graph may hold anything.
  package static let accumulates = true

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let body = try node.subgraph("body")
    let captured = node.capturedCount
    guard let scannedCount = try node.int("num_scan_inputs"), scannedCount >= 1 else {
      throw OperatorError("attribute num_scan_inputs, expected 1 or more")
    }
    let carriedCount = node.inputCount - captured - scannedCount
    let collectedCount = node.outputCount - max(carriedCount, 0)
    guard carriedCount >= 0, collectedCount >= 0 else {
      throw OperatorError(
        "\(node.inputCount - captured) inputs and \(node.outputCount) outputs, expected at least "
          + "\(scannedCount), and an output for each carried value")
    }
    try body.expect(inputs: node.inputCount, outputs: carriedCount + collectedCount)
    let values = try (0..<node.inputCount).map { try node.value($0) }
    let inputAxes = try node.list("scan_input_axes", count: scannedCount)
    let inputDirections = try node.directions("scan_input_directions", count: scannedCount)
    let outputAxes = try node.list("scan_output_axes", count: collectedCount)
    let outputDirections = try node.directions("scan_output_directions", count: collectedCount)
    let scanned = Array(values[carriedCount..<carriedCount + scannedCount])
    let axes = try zip(scanned, inputAxes).map { try normalized(axis: $1, rank: $0.shape.rank) }
    let lengths = zip(scanned, axes).map { $0.shape[$1] }
    guard let length = lengths.first, lengths.allSatisfy({ $0 == length }) else {
      throw OperatorError("the scanned inputs have \(lengths) slices, expected as many each")
    }
    guard length <= Loop.largestTripCount else {
      throw OperatorError("\(length) slices, expected at most \(Loop.largestTripCount)")
    }
    guard length > 0 || collectedCount == 0 else {
      throw OperatorError("the scanned inputs have no slices, expected one or more")
    }
    var carried = values[..<carriedCount].map { Operand(constant: $0) }
    let around = values.suffix(captured).map { Operand(constant: $0) }
    var collected = [[Tensor]](repeating: [], count: collectedCount)
    var bytes = 0
    for step in 0..<length {
      let slices = scanned.indices.map { index in
        Operand(
          constant: scanned[index].slice(
            inputDirections[index] ? length - 1 - step : step, along: axes[index]))
      }
      let results = try body.results(carried + slices + around)
      carried = Array(results[..<carriedCount])
      for (index, result) in results[carriedCount...].enumerated() {
        guard let value = result.value else { continue }
        bytes += value.byteCount
        guard bytes <= Loop.largestCollection else {
          throw OperatorError("what the body gives exceeds the memory a run may use")
        }
        collected[index].append(value)
      }
    }
    let joined = try collected.indices.map { index in
      let parts = outputDirections[index] ? collected[index].reversed() : collected[index]
      return try Tensor.joined(Array(parts), newAxis: outputAxes[index])
    }
    return .constants(carried.compactMap(\.value) + joined)
  }

  package static func inFloat64(_ node: Node) -> Node { node.withSubgraphsInFloat64 }
}

extension NodeReader {
  /// Whole numbers, one for each of `count` tensors; zeros where left out.
  fileprivate mutating func list(_ name: String, count: Int) throws -> [Int] {
    let values = try ints(name) ?? [Int](repeating: 0, count: count)
    guard values.count == count else {
      throw OperatorError("attribute \(name) has \(values.count) numbers, expected \(count)")
    }
    return values
  }

  /// Whether each of `count` tensors is gone through from its end.
  fileprivate mutating func directions(_ name: String, count: Int) throws -> [Bool] {
    try list(name, count: count).map { value in
      guard value == 0 || value == 1 else {
        throw OperatorError("attribute \(name) holds \(value), expected 0 or 1")
      }
      return value == 1
    }
  }
}

extension Tensor {
  /// One place along an axis, which is left out.
  func slice(_ place: Int, along axis: Int) -> Tensor {
    let outer = shape.elementCount(in: 0..<axis)
    let bytes = shape.elementCount(in: axis + 1..<shape.rank) * elementType.byteCount
    var dimensions = shape.dimensions
    dimensions.remove(at: axis)
    let result = MutableTensor(elementType: elementType, shape: Shape(dimensions))
    guard result.shape.elementCount > 0 else { return result.tensor }
    withUnsafeBytes { source in
      for row in 0..<outer {
        (result.unsafeBytes.baseAddress! + row * bytes).copyMemory(
          from: source.baseAddress! + (row * shape[axis] + place) * bytes, byteCount: bytes)
      }
    }
    return result.tensor
  }

  /// Tensors of one type and shape beside one another along a new axis; there is one at least.
  static func joined(_ parts: [Tensor], newAxis: Int) throws -> Tensor {
    guard let first = parts.first else { throw OperatorError("the body gives nothing to join") }
    guard parts.allSatisfy({ $0.elementType == first.elementType && $0.shape == first.shape })
    else {
      throw OperatorError("runs of the body give other shapes than \(first.shape), the first's")
    }
    let axis = try normalized(axis: newAxis, rank: first.shape.rank + 1)
    var dimensions = first.shape.dimensions
    dimensions.insert(parts.count, at: axis)
    let whole = MutableTensor(
      elementType: first.elementType, shape: try Shape(validating: dimensions))
    guard whole.shape.elementCount > 0 else { return whole.tensor }
    let outer = first.shape.elementCount(in: 0..<axis)
    let bytes =
      first.shape.elementCount(in: axis..<first.shape.rank) * first.elementType.byteCount
    for (place, part) in parts.enumerated() {
      part.withUnsafeBytes { source in
        for row in 0..<outer {
          (whole.unsafeBytes.baseAddress! + (row * parts.count + place) * bytes).copyMemory(
            from: source.baseAddress! + row * bytes, byteCount: bytes)
        }
      }
    }
    return whole.tensor
  }
}
