import Kernels
import Tensors

/// The sets of elements that a node of the kind of `Softmax` treats as one each: along one axis, or,
/// before opset 13, everything from an axis on. Each has `size` elements `stride` apart.
private struct AxisSets: Sendable {
  let shape: Shape
  let size: Int
  let stride: Int

  init(_ node: inout NodeReader) throws {
    try node.expectInputs(1...1)
    shape = try node.operand(0).shape
    let axis = try node.axis(default: node.opset < 13 ? 1 : -1, of: shape)
    let end = node.opset < 13 ? shape.rank : axis + 1
    size = shape.elementCount(in: axis..<end)
    stride = shape.elementCount(in: end..<shape.rank)
  }

  /// Calls `body` with the first element of every set, on all threads.
  func forEach(team: ThreadTeam, _ body: (Int) -> Void) {
    guard shape.elementCount > 0 else { return }
    team.forEachChunk(of: shape.elementCount / size, chunk: max(ThreadTeam.chunkSize / size, 1)) {
      for set in $0 { body(set / stride * stride * size + set % stride) }
    }
  }
}

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
      let (x, y) = (run.input(0), run.output())
      sets.forEach(team: run.run.team) { first in
        let places = stride(from: first, to: first + sets.size * sets.stride, by: sets.stride)
        let largest = places.reduce(-Double.infinity) { FloatingMax<Double>.combine($0, x[$1]) }
        let sum = places.reduce(0) { $0 + Double.exp(x[$1] - largest) }
        let logarithm = Double.log(sum)
        for place in places { y[place] = x[place] - largest - logarithm }
      }
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? { node.likeFirstInput }
}

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
      sets.forEach(team: run.run.team) { first in
        var best = first
        for place in stride(from: first, to: first + sets.size * sets.stride, by: sets.stride) {
          y[place] = 0
          if x[place] > x[best] { best = place }
        }
        y[best] = 1
      }
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? { node.likeFirstInput }
}
