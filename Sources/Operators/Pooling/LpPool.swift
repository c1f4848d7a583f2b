import Glibc
import Kernels
import Tensors

/// `LpPool`: for every window the `p`-th root of the sum of its elements' magnitudes to the power `p` (2
/// by default); padding counts as zeros; opsets 11, 18 (`ceil_mode`, `dilations`), 22.
enum LpPool: ArithmeticOperator {
  static let type = "LpPool"
  static let accumulates = true
  static let revisions = [Revision(18, attributes: "ceil_mode", "dilations")]

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let x = try node.operand(0)
    try x.expectFloatingPoint(as: "input 0")
    let norm = try LpNorm(&node)
    let window = try PoolingWindow(&node, dilationsSince: 18, roundsUpSince: 18)
    let sizes = window.axes.map(\.input)
    let outputs = window.axes.map(\.output)
    return .inDoubles(x.elementType, window.outputShape) { run in
      guard window.outputShape.elementCount > 0 else { return }
      let (x, y) = (run.input(0), run.output())
      let places = outputs.reduce(1, *)
      run.run.team.forEachChunk(of: window.planes * places, chunk: 256) { chunk in
        for index in chunk {
          let (plane, place) = index.quotientAndRemainder(dividingBy: places)
          let position = [
            place / (outputs[1] * outputs[2]), place / outputs[2] % outputs[1], place % outputs[2],
          ]
          let taps = (0..<3).map { axis -> [Int] in
            let window = window.axes[axis]
            return window.taps(at: position[axis]).map {
              position[axis] * window.stride - window.padding + $0 * window.dilation
            }
          }
          var sum = 0.0
          for z in taps[0] {
            for row in taps[1] {
              for column in taps[2] {
                sum += norm.power(x[((plane * sizes[0] + z) * sizes[1] + row) * sizes[2] + column])
              }
            }
          }
          y[index] = norm.root(sum)
        }
      }
    }
  }

  static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? { node.pooled }
}

/// `GlobalLpPool`: the `p`-th root of the sum of magnitudes to the power `p` (2 by default) over all
/// spatial dimensions of `[N, C, spatial…]`, each kept as 1.
enum GlobalLpPool: ArithmeticOperator {
  static let type = "GlobalLpPool"
  static let accumulates = true

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let norm = try LpNorm(&node)
    let pool = try GlobalPool(node.operand(0))
    return .inDoubles(try node.operand(0).elementType, pool.shape) { run in
      let (x, y) = (run.input(0), run.output())
      for plane in y.indices {
        let elements = x[plane * pool.count..<(plane + 1) * pool.count]
        y[plane] = norm.root(elements.reduce(0) { $0 + norm.power($1) })
      }
    }
  }
}

/// `GlobalMaxPool`: the largest element over all spatial dimensions of `[N, C, spatial…]`, each kept as
/// 1; NaN if there is one.
enum GlobalMaxPool: ArithmeticOperator {
  static let type = "GlobalMaxPool"

  static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    try node.expectInputs(1...1)
    let pool = try GlobalPool(node.operand(0))
    return .inDoubles(try node.operand(0).elementType, pool.shape) { run in
      let (x, y) = (run.input(0), run.output())
      for plane in y.indices {
        let elements = x[plane * pool.count..<(plane + 1) * pool.count]
        y[plane] = elements.reduce(-.infinity) { FloatingMax<Double>.combine($0, $1) }
      }
    }
  }
}

/// The spatial dimensions of `[N, C, spatial…]` as one.
private struct GlobalPool: Sendable {
  let shape: Shape
  /// Elements that become one.
  let count: Int

  init(_ operand: Operand) throws {
    try operand.expectFloatingPoint(as: "input 0")
    guard operand.shape.rank >= 2 else {
      throw OperatorError("input of shape \(operand.shape), expected [N,C,…]")
    }
    let spatial = 2..<operand.shape.rank
    shape = Shape(operand.shape.prefix(2) + spatial.map { _ in 1 })
    count = operand.shape.elementCount(in: spatial)
  }
}

/// The norm that the attribute `p` names.
private struct LpNorm: Sendable {
  private let p: Double

  init(_ node: inout NodeReader) throws {
    let p = try node.int("p") ?? 2
    guard (1...1024).contains(p) else {
      throw OperatorError("attribute p is \(p), expected 1 or more")
    }
    self.p = Double(p)
  }

  func power(_ x: Double) -> Double { p == 1 ? abs(x) : p == 2 ? x * x : pow(abs(x), p) }
  func root(_ sum: Double) -> Double { p == 1 ? sum : p == 2 ? sum.squareRoot() : pow(sum, 1 / p) }
}
