import Tensors

/// `Reshape`: the same elements under the dimensions the second input lists. -1 stands for what is
/// left over; 0 keeps the input's dimension, or means zero itself with `allowzero` (opset 14).
enum Reshape: Operator {
  static let type = "Reshape"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let data = try node.operand(0)
    let allowsZero = node.opset >= 14 ? try node.flag("allowzero", default: false) : false
    let shape = try resolve(
      try node.integerList(1), elementsOf: data.shape, allowsZero: allowsZero)
    return .reshaping(data, to: shape)
  }

  private static func resolve(
    _ requested: [Int], elementsOf input: Shape, allowsZero: Bool
  ) throws -> Shape {
    let mismatch = OperatorError(
      "shape \(input) as \(requested), expected the same number of elements")
    var dimensions = requested
    if !allowsZero {
      for (axis, dimension) in requested.enumerated() where dimension == 0 {
        guard axis < input.rank else {
          throw OperatorError(
            "dimension \(axis) of \(requested) is 0, which keeps a dimension the input \(input) lacks"
          )
        }
        dimensions[axis] = input[axis]
      }
    }
    if let unknown = dimensions.firstIndex(of: -1) {
      dimensions[unknown] = 1
      let known = try Shape(validating: dimensions).elementCount
      guard known > 0, input.elementCount % known == 0 else { throw mismatch }
      dimensions[unknown] = input.elementCount / known
    }
    let shape = try Shape(validating: dimensions)
    guard shape.elementCount == input.elementCount else { throw mismatch }
    return shape
  }
}
