import Tensors

/// `Upsample`: every dimension made longer by a factor; replaced by `Resize` in opset 10. The
/// factors are an attribute before opset 9 and an input from then on.
enum Upsample: ArithmeticOperator {
  static let type = "Upsample"
  static let allowsMixedPrecision = true
  static let opsets = 7...9
  static let accumulates = true
  static let revisions: [Revision] = [9]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let scales: [Float]
    if node.opset < 9 {
      try node.expectInputs(1...1)
      guard let attribute = try node.floats("scales") else {
        throw OperatorError("attribute scales is missing")
      }
      scales = attribute
    } else {
      try node.expectInputs(2...2)
      scales = try node.scales(1)
    }
    let resampler = Resampler(mode: try node.choice("mode", default: .nearest))
    guard resampler.mode != .cubic else {
      throw OperatorError("attribute mode is 'cubic', expected nearest or linear")
    }
    let data = try node.operand(0)
    guard scales.allSatisfy({ $0 >= 1 }) else {
      throw OperatorError("scales are \(scales), expected each at least 1")
    }
    let axes = try ResizeAxis.scaled(data.shape, by: scales, axes: Array(data.shape.indices))
    return try resampler.prepare(data, axes: axes)
  }

  static func float32Inputs(opset: Int) -> Set<Int> { [1] }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.scaled(byInput: 1)
  }
}
