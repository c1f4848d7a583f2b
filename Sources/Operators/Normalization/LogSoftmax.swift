import Kernels
import Tensors

/// `x - log(sum(exp(x)))` along one axis, or, before opset 13, over everything from an axis on.
enum LogSoftmax: ArithmeticOperator {
  static let type = "LogSoftmax"
  static let accumulates = true
  static let revisions: [Revision] = [13]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let sets = try AxisSets(&node)
    let operand = try node.operand(0)
    try operand.expectFloatingPoint(as: "input 0")
    return .inDoubles(operand.elementType, operand.shape) { run in
      write(run.input(0), to: run.output(), sets, team: run.run.team)
    }
  }

  /// The logarithms of the softmax over each set.
  static func write(
    _ x: UnsafeBufferPointer<Double>, to y: UnsafeMutableBufferPointer<Double>, _ sets: AxisSets,
    team: ThreadTeam
  ) {
    sets.forEach(team: team) { places in
      let largest = places.reduce(-Double.infinity) { FloatingMax<Double>.combine($0, x[$1]) }
      let sum = places.reduce(0) { $0 + Double.exp(x[$1] - largest) }
      let logarithm = Double.log(sum)
      for place in places { y[place] = x[place] - largest - logarithm }
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? { node.likeFirstInput }
}
