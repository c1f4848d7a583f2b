import Kernels
import Tensors

/// `Gather`: slices of the data along `axis`, picked by the indices; negative ones count from the
/// end.
package enum Gather: Operator {
  package static let type = "Gather"

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let data = try node.operand(0)
    let indices = try node.operand(1)
    guard indices.elementType == .int64 || indices.elementType == .int32 else {
      throw OperatorError("input 1 is \(indices.elementType), expected int64 or int32")
    }
    let axis = try node.axis(default: 0, of: data.shape)
    guard data.shape.allSatisfy({ $0 <= Int32.max }) else {
      throw OperatorError("data of shape \(data.shape), expected dimensions below 2^31")
    }
    let dimensions = data.shape.dimensions
    let shape = try Shape(
      validating: dimensions[..<axis] + indices.shape.dimensions + dimensions[(axis + 1)...])

    let length = data.shape[axis]
    let sourceDimensions = [
      data.shape.elementCount(in: 0..<axis), length,
      data.shape.elementCount(in: axis + 1..<data.shape.rank),
    ]
    let width = data.elementType.byteCount
    var prepared = PreparedNode(data.elementType, shape) { run in
      let picked =
        indices.elementType == .int64
        ? try positions(run.input(1, of: Int64.self), length: length)
        : try positions(run.input(1, of: Int32.self), length: length)
      let copy = TableCopy(
        sourceDimensions: sourceDimensions,
        tables: [nil, picked, nil], elementBytes: width)
      copy.run(from: run.inputBytes(0), to: run.outputBytes(), team: run.team)
    }
    prepared.scratchBytes = indices.shape.elementCount * MemoryLayout<Int32>.stride
    return prepared
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0), let indices = node.input(1),
      let axis = node.axis(0, rank: input.shape.count)
    else { return nil }
    let shape = Array(input.shape[..<axis]) + indices.shape + Array(input.shape[(axis + 1)...])
    var result = SymbolicTensor(input.elementType, shape)
    if let values = input.values, input.shape.count == 1, let places = indices.values?.fixed {
      let counted = places.map { $0 < 0 ? $0 + values.count : $0 }
      if counted.allSatisfy(values.indices.contains) {
        result.values = counted.map { values[$0] }
      }
    }
    return [result]
  }

  @inline(__always)
  private static func positions<T: IntegerElement>(
    _ indices: UnsafeBufferPointer<T>, length: Int
  ) throws -> [Int32] {
    try indices.map { index in
      let position = index < 0 ? Int(index) + length : Int(index)
      guard (0..<length).contains(position) else {
        throw OperatorError("index \(index), expected \(-length) to \(length - 1)")
      }
      return Int32(position)
    }
  }
}
