import Kernels
import Tensors

/// `Concat`: the inputs one after another along `axis`.
enum Concat: Operator {
  static let type = "Concat"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let parts = try node.operandList()
    guard let first = parts.first else { throw OperatorError("no inputs, expected at least one") }
    let axis = try node.axis(of: first.shape)
    var dimensions = first.shape.dimensions
    dimensions[axis] = 0
    for (index, part) in parts.enumerated() {
      guard part.elementType == first.elementType else {
        throw OperatorError("input \(index) is \(part.elementType), expected \(first.elementType)")
      }
      guard part.shape.rank == first.shape.rank,
        part.shape.indices.allSatisfy({ $0 == axis || part.shape[$0] == first.shape[$0] })
      else {
        throw OperatorError(
          "input \(index) has shape \(part.shape), expected \(first.shape) but for axis \(axis)")
      }
      dimensions[axis] = try Shape(validating: [dimensions[axis] + part.shape[axis]])[0]
    }
    let shape = try Shape(validating: dimensions)
    if parts.count == 1 { return .reshaping(first, to: shape) }

    let width = first.elementType.byteCount
    let outer = shape.elementCount(in: 0..<axis)
    let inner = shape.elementCount(in: axis + 1..<shape.rank)
    let lengths = parts.map { $0.shape[axis] * inner }
    let copies = lengths.map {
      StridedCopy(
        dimensions: [outer, $0], from: [$0, 1], to: [shape[axis] * inner, 1], elementBytes: width)
    }
    var node = PreparedNode(first.elementType, shape) { run in
      var destination = run.outputBytes()
      for (index, copy) in copies.enumerated() {
        let source = run.inputBytes(index)
        if source != UnsafeRawPointer(destination) {
          copy.run(from: source, to: destination, team: run.team)
        }
        destination += lengths[index] * width
      }
    }
    if outer == 1 { node.joinedInputBytes = lengths.map { $0 * width } }
    return node
  }
}
