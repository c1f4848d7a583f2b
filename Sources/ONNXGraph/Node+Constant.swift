import Tensors

extension Node {
  /// The tensor a Constant node holds, if it is one this project has a type for.
  package var constantValue: Tensor? {
    guard domain.isEmpty, operatorType == "Constant", attributes.count == 1, outputs.count == 1,
      let (name, attribute) = attributes.first
    else { return nil }
    return switch (name, attribute) {
    case ("value", .tensor(let tensor)): tensor
    case ("value_float", .float(let value)): Tensor(scalar: value)
    case ("value_floats", .floats(let values)): Tensor(values)
    case ("value_int", .int(let value)): Tensor(scalar: value)
    case ("value_ints", .ints(let values)): Tensor(values)
    default: nil
    }
  }
}
