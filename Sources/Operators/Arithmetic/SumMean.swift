import Kernels
import Tensors

/// The sum of any number of broadcast inputs, from the first on.
struct Sum: VariadicOperator {
  static let type = "Sum"
  func callAsFunction<T: FloatingElement>(_ a: T, _ b: T) -> T { a + b }
  func callAsFunction<T: IntegerElement>(_ a: T, _ b: T) -> T { a &+ b }
}

/// The mean of any number of broadcast inputs of floating point.
enum Mean: ArithmeticOperator {
  static let type = "Mean"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let sum = try Sum.prepare(&node)
    let count = node.inputCount
    guard count > 1 else { return sum }
    return try Division(sum: sum, count: count).node(for: sum.outputs[0].elementType)
  }

  private struct Division: FloatingPreparation, Sendable {
    let sum: PreparedNode
    let count: Int

    func node<T: FloatingElement>(_: T.Type) -> PreparedNode {
      PreparedNode(T.elementType, sum.outputs[0].shape) { run in
        try sum.compute(run)
        let output = run.output(of: T.self)
        run.team.forEachChunk(of: output.count) { for i in $0 { output[i] /= T(count) } }
      }
    }
  }
}
