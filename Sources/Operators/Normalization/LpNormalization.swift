import Kernels
import Tensors

/// `LpNormalization`: the input divided by its norm along `axis` (the last by default), the sum of
/// magnitudes (`p` 1) or the root of the sum of squares (`p` 2); opsets 1 and 22. Where the norm is
/// zero, so is the result.
enum LpNormalization: ArithmeticOperator {
  static let type = "LpNormalization"
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let x = try node.operand(0)
    let axis = try node.axis(default: -1, of: x.shape)
    let p = try node.int("p") ?? 2
    guard p == 1 || p == 2 else { throw OperatorError("attribute p is \(p), expected 1 or 2") }
    return try Rows(
      x: x.shape, reduction: Reduction(x.shape, axes: [axis], keepsDimensions: true),
      usesMagnitudes: p == 1
    ).node(for: x.elementType)
  }

  private struct Rows: FloatingPreparation, Sendable {
    let x: Shape
    let reduction: Reduction
    let usesMagnitudes: Bool

    func node<T: FloatingElement>(_: T.Type) -> PreparedNode {
      let walk = Broadcast.walk([x, reduction.shape], to: x)
      return PreparedNode(T.elementType, x) { run in
        let input = run.input(0, of: T.self)
        let norms = MutableTensor(elementType: T.elementType, shape: reduction.shape)
        let found = norms.unsafeElements(of: T.self)
        if usesMagnitudes {
          reduction(FloatingMagnitudeSum<T>.self, input, into: found, team: run.team)
        } else {
          reduction(FloatingNorm<T>.self, input, into: found, team: run.team)
        }
        let output = run.output(of: T.self)
        walk.forEachRun(team: run.team) {
          $0.combine(input, UnsafeBufferPointer(found), into: output) { $1 == 0 ? 0 : $0 / $1 }
        }
        withExtendedLifetime(norms) {}
      }
    }
  }
}
