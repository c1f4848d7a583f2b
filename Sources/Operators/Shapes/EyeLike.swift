import Kernels
import ONNXGraph
import Tensors

/// `EyeLike`: ones on the `k`-th diagonal above the main one of a matrix of the input's shape, zeros
/// elsewhere, of the type `dtype` or the input's; opset 9.
enum EyeLike: Operator {
  static let type = "EyeLike"
  static let opsets = 9...newestOpset
  static let readsShapesOnly = true

  static func inFloat64(_ node: Node) -> Node { node.inFloat64(typeIn: "dtype") }

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let operand = try node.operand(0)
    try operand.expectRank(2, as: "input 0", "a matrix")
    let type = try node.optionalElementType("dtype") ?? operand.elementType
    let (rows, columns) = (operand.shape[0], operand.shape[1])
    let diagonal = min(max(try node.int("k") ?? 0, -rows), columns)
    return PreparedNode(type, operand.shape) { run in
      let ones = MutableTensor(elementType: .uint8, shape: operand.shape)
      let elements = ones.unsafeElements(of: UInt8.self)
      elements.update(repeating: 0)
      for row in max(0, -diagonal)..<max(rows, 0, -diagonal) where row + diagonal < columns {
        elements[row * columns + row + diagonal] = 1
      }
      ones.tensor.cast(into: run.outputs[0], team: run.team)
    }
  }
}
