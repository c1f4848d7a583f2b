import Kernels
import Tensors

/// `Concat`: the inputs one after another along `axis`.
package enum Concat: Operator {
  package static let type = "Concat"
  package static let rearranges = true

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let operands = try node.operandList()
    guard let first = operands.first else {
      throw OperatorError("no inputs, expected at least one")
    }
    let axis = try node.axis(of: first.shape)
    var dimensions = first.shape.dimensions
    dimensions[axis] = 0
    for (index, part) in operands.enumerated() {
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
    if operands.count == 1 { return .reshaping(first, to: shape) }

    let parts = TensorParts(
      of: shape, along: axis, lengths: operands.map { $0.shape[axis] })
    var prepared = putting(parts, first.elementType)
    prepared.putsTogether = PuttingTogether(parts: parts) { places in
      var node = putting(parts, first.elementType, over: places)
      node.overwritesFirstInput = true
      return node
    }
    return prepared
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    let inputs = node.inputs.compactMap { $0 }
    guard inputs.count == node.inputs.count, let first = inputs.first,
      let axis = node.axis(nil, rank: first.shape.count),
      inputs.allSatisfy({ $0.shape.count == first.shape.count })
    else { return nil }
    var shape = first.shape
    for input in inputs.dropFirst() {
      guard let sum = shape[axis].plus(input.shape[axis]) else { return nil }
      shape[axis] = sum
      // An open dimension is the fixed one it is joined with.
      for other in shape.indices where other != axis && input.shape[other].fixed != nil {
        shape[other] = input.shape[other]
      }
    }
    let values = inputs.compactMap(\.values)
    let isList = shape.count == 1 && values.count == inputs.count
    return [SymbolicTensor(first.elementType, shape, values: isList ? values.flatMap { $0 } : nil)]
  }

  package static func isIdentity(_ node: SymbolicNode) -> Bool {
    node.inputs.count == 1
  }

  /// - Parameter places: of the parts that follow the whole among the inputs; all parts are inputs
  ///   when left out.
  private static func putting(
    _ parts: TensorParts, _ elementType: ElementType, over places: [Int]? = nil
  ) -> PreparedNode {
    let width = elementType.byteCount
    let copies = parts.copies(elementBytes: width)
    let inputs = places.map { Array(zip($0, 1...)) } ?? copies.indices.map { ($0, $0) }
    return PreparedNode(elementType, parts.whole) { run in
      for (place, input) in inputs {
        let destination = run.outputBytes() + copies[place].offset * width
        let source = run.inputBytes(input)
        if source != UnsafeRawPointer(destination) {
          copies[place].joining.run(from: source, to: destination, team: run.team)
        }
      }
    }
  }
}
