import Kernels
import Tensors

/// 1 for the first of the largest elements along one axis, or, before opset 13, of everything from an
/// axis on; 0 for all others.
enum Hardmax: ArithmeticOperator {
  static let type = "Hardmax"
  static let revisions: [Revision] = [13]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let sets = try AxisSets(&node)
    let operand = try node.operand(0)
    try operand.expectFloatingPoint(as: "input 0")
    return .inDoubles(operand.elementType, operand.shape) { run in
      let (x, y) = (run.input(0), run.output())
      sets.forEach(team: run.run.team) { places in
        var best: Int?
        for place in places {
          y[place] = 0
          if best.map({ x[place] > x[$0] }) ?? true { best = place }
        }
        if let best { y[best] = 1 }
      }
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? { node.likeFirstInput }
}
