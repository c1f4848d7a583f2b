import ONNXGraph
import Tensors

/// `Constant`: the tensor, number or list of numbers its one attribute holds.
package enum Constant: Operator {
  package static let type = "Constant"
  package static let readsShapesOnly = true

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(0...0)
    for refused in ["sparse_value", "value_string", "value_strings"] where node.has(refused) {
      throw OperatorError("attribute \(refused), expected a dense tensor of numbers")
    }
    var values: [Tensor] = []
    if let value = try node.tensor("value") { values.append(value) }
    if node.opset >= 12 {
      if let value = try node.int("value_int") { values.append(Tensor(scalar: Int64(value))) }
      if let value = try node.ints("value_ints") { values.append(Tensor(value.map { Int64($0) })) }
      if let value = try node.float("value_float") { values.append(Tensor(scalar: value)) }
      if let value = try node.floats("value_floats") { values.append(Tensor(value)) }
    }
    guard values.count == 1 else {
      throw OperatorError("\(values.count) attributes hold a value, expected one")
    }
    return .constants(values)
  }

  package static func inFloat64(_ node: Node) -> Node {
    var wide = node
    switch node.attributes.first {
    case ("value", .tensor(let tensor))?: wide.attributes = ["value": .tensor(tensor.inFloat64)]
    case ("value_float", .float(let value))?:
      wide.attributes = ["value": .tensor(Tensor(scalar: Double(value)))]
    case ("value_floats", .floats(let values))?:
      wide.attributes = ["value": .tensor(Tensor(values.map { Double($0) }))]
    default: break
    }
    return wide
  }
}
