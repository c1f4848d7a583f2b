import Kernels
import Tensors

/// `MeanVarianceNormalization`: `(X - mean) / (sqrt(variance) + 1e-9)`, mean and variance along `axes`
/// (0, 2 and 3 by default); opsets 9 and 13.
enum MeanVarianceNormalization: ArithmeticOperator {
  static let type = "MeanVarianceNormalization"
  static let opsets = 9...newestOpset
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let x = try node.operand(0)
    let axes = try normalized(axes: node.ints("axes") ?? [0, 2, 3], rank: x.shape.rank)
    return try Sets(
      x: x.shape, reduction: Reduction(x.shape, axes: Set(axes), keepsDimensions: true)
    ).node(for: x.elementType)
  }

  private struct Sets: FloatingPreparation, Sendable {
    let x: Shape
    let reduction: Reduction

    func node<T: FloatingElement>(_: T.Type) -> PreparedNode {
      let walk = Broadcast.walk([x, reduction.shape], to: x)
      return PreparedNode(T.elementType, x) { run in
        let deviations = MutableTensor(elementType: .float64, shape: x)
        let statistics = MutableTensor(elementType: .float64, shape: reduction.shape)
        let wide = run.inputs[0]!.cast(to: .float64, team: run.team)
        let (values, found) = (
          wide.unsafeElements(of: Double.self), statistics.unsafeElements(of: Double.self)
        )
        let centered = deviations.unsafeElements(of: Double.self)
        reduction(FloatingMean<Double>.self, values, into: found, team: run.team)
        walk.forEachRun(team: run.team) {
          $0.combine(values, UnsafeBufferPointer(found), into: centered) { $0 - $1 }
        }
        reduction(
          FloatingSquareSum<Double>.self, UnsafeBufferPointer(centered), into: found,
          team: run.team)
        let count = Double(reduction.count)
        let output = run.output(of: T.self)
        walk.forEachRun(team: run.team) {
          $0.combine(UnsafeBufferPointer(centered), UnsafeBufferPointer(found), into: output) {
            T($0 / (($1 / count).squareRoot() + 1e-9))
          }
        }
        withExtendedLifetime(wide) {}
      }
    }
  }
}
