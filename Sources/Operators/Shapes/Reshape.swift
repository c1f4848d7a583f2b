import Tensors

/// `Reshape`: the same elements under the dimensions the second input lists. -1 stands for what is
/// left over; 0 keeps the input's dimension, or means zero itself with `allowzero` (opset 14).
package enum Reshape: Operator {
  package static let type = "Reshape"
  package static let rearranges = true
  package static let revisions = [Revision(14, attributes: "allowzero")]

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(2...2)
    let data = try node.operand(0)
    let allowsZero = node.opset >= 14 ? try node.flag("allowzero", default: false) : false
    let shape = try resolve(
      try node.integerList(1), elementsOf: data.shape, allowsZero: allowsZero)
    return .reshaping(data, to: shape)
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    guard let input = node.input(0), let target = node.input(1)?.values,
      let shape = resolve(target, from: input.shape, allowsZero: node.int("allowzero") == 1)
    else { return nil }
    return [SymbolicTensor(input.elementType, shape, values: input.values)]
  }

  package static func isIdentity(_ node: SymbolicNode) -> Bool {
    node.keepsShape(symbolicResults(node))
  }

  private static func resolve(
    _ target: [Size], from shape: [Size], allowsZero: Bool
  ) -> [Size]? {
    var result = target
    var open: Int?
    for (axis, size) in target.enumerated() {
      if size == Size(-1) {
        guard open == nil else { return nil }
        open = axis
        result[axis] = Size(1)
      } else if size == Size(0), !allowsZero {
        guard shape.indices.contains(axis) else { return nil }
        result[axis] = shape[axis]
      } else if size.fixed.map({ $0 < 0 }) ?? !(size.plus(Size(1))?.isPositive ?? false) {
        return nil
      }
    }
    if let open {
      guard let rest = result.product, let rate = shape.product?.divided(by: rest) else {
        return nil
      }
      result[open] = rate
    }
    return result
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
