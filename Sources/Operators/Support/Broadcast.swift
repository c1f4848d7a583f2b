import Kernels
import Tensors

/// Operands of one element type that are read under one shape.
struct Broadcast {
  let elementType: ElementType
  let shape: Shape
  let walk: BroadcastWalk

  /// The two inputs of a node, which have to be of one type.
  init(_ node: inout NodeReader) throws {
    try node.expectInputs(2...2)
    try self.init([node.operand(0), node.operand(1)])
  }

  /// Operands that have to be of one type.
  init(_ operands: [Operand]) throws {
    elementType = operands[0].elementType
    if let other = operands.first(where: { $0.elementType != operands[0].elementType }) {
      throw OperatorError(
        "inputs are \(elementType) and \(other.elementType), expected one type")
    }
    shape = try Broadcast.commonShape(of: operands)
    walk = Broadcast.walk(operands.map { $0.shape }, to: shape)
  }

  /// The walk over operands of these shapes, each of which broadcasts to `shape`.
  static func walk(_ operands: [Shape], to shape: Shape) -> BroadcastWalk {
    BroadcastWalk(
      dimensions: shape.dimensions, strides: operands.map { $0.strides(broadcastTo: shape) })
  }

  static func commonShape(of operands: [Operand]) throws -> Shape {
    try operands.dropFirst().reduce(operands[0].shape) { shape, operand in
      guard let common = shape.broadcast(with: operand.shape) else {
        throw OperatorError("shapes \(shape) and \(operand.shape) do not broadcast")
      }
      return common
    }
  }
}
