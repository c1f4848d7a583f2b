import Kernels
import Tensors

/// Whether an element is no number.
struct IsNaN: ArithmeticOperator {
  static let type = "IsNaN"
  static let opsets = 9...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    return try FloatingTest(shape: node.operand(0).shape, holds: .isNaN)
      .node(for: node.operand(0).elementType)
  }
}

/// Whether an element is infinite: above (`detect_positive`), below (`detect_negative`) or, by
/// default, either.
struct IsInf: ArithmeticOperator {
  static let type = "IsInf"
  static let opsets = 10...newestOpset

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let above = try node.flag("detect_positive", default: true)
    let below = try node.flag("detect_negative", default: true)
    return try FloatingTest(
      shape: node.operand(0).shape, holds: .isInfinite(above: above, below: below)
    ).node(for: node.operand(0).elementType)
  }
}

private struct FloatingTest: FloatingPreparation, Sendable {
  enum Condition {
    case isNaN
    case isInfinite(above: Bool, below: Bool)
  }

  let shape: Shape
  let holds: Condition

  func node<T: FloatingElement>(_: T.Type) -> PreparedNode {
    PreparedNode(.bool, shape) { run in
      let input = run.input(0, of: T.self)
      let output = run.output(of: Bool.self)
      run.team.forEachChunk(of: input.count) { chunk in
        switch holds {
        case .isNaN: for i in chunk { output[i] = input[i].isNaN }
        case .isInfinite(let above, let below):
          for i in chunk {
            output[i] = (above && input[i] == .infinity) || (below && input[i] == -.infinity)
          }
        }
      }
    }
  }
}
