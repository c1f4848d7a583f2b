import Tensors

/// What sets `result` apart from what a case expects, in words; `nil` when they agree.
///
/// Types, shapes, integers and booleans must be equal; floating-point numbers agree within
/// `1e-7 + relativeTolerance * |expected|`, those of 16 bits within one step of their type.
func difference(
  of result: Tensor?, from expected: Tensor, relativeTolerance: Double
) -> String? {
  guard let result else { return "not returned" }
  guard result.elementType == expected.elementType, result.shape == expected.shape else {
    return "\(result.elementType)\(result.shape), expected \(expected.elementType)\(expected.shape)"
  }
  guard expected.elementType.isFloatingPoint else {
    return result == expected ? nil : "elements differ"
  }
  let relativeTolerance =
    switch expected.elementType {
    case .float16: 0x1p-10
    case .bfloat16: 0x1p-7
    default: relativeTolerance
    }
  for (index, (a, b)) in zip(result.numbers, expected.numbers).enumerated() {
    let isNear = b.isFinite && abs(a - b) <= 1e-7 + relativeTolerance * abs(b)
    guard isNear || a == b || (a.isNaN && b.isNaN) else {
      return "element \(index) is \(a), expected \(b)"
    }
  }
  return nil
}

extension Tensor {
  /// The elements of a floating-point tensor.
  fileprivate var numbers: [Double] {
    switch elementType {
    case .float32: elements(of: Float.self).map { Double($0) }
    case .float16: elements(of: Half.self).map { Double($0.float) }
    case .bfloat16: elements(of: BFloat16.self).map { Double($0.float) }
    default: elements(of: Double.self)
    }
  }
}
