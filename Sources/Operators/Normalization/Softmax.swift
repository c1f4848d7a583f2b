import Kernels
import Tensors

/// `exp(x) / sum(exp(x))` along one axis, or, before opset 13, over everything from an axis on.
package struct Softmax: ArithmeticOperator {
  package static let type = "Softmax"
  package static let accumulates = true
  package static let revisions: [Revision] = [13]

  package static func prepare(_ node: inout NodeReader) throws -> PreparedNode {
    let sets = try AxisSets(&node)
    let operand = try node.operand(0)
    let shape = operand.shape
    return switch operand.elementType {
    case .float32: normalizing(Float.self, sets, shape) { Exp().apply(to: .init($0), into: $0) }
    case .float64:
      normalizing(Double.self, sets, shape) { for i in $0.indices { $0[i] = .exp($0[i]) } }
    default: throw OperatorError("input 0 is \(operand.elementType), expected floating point")
    }
  }

  package static func symbolicResults(_ node: SymbolicNode) -> [SymbolicTensor]? {
    node.likeFirstInput
  }

  private static func normalizing<T: FloatingElement>(
    _: T.Type, _ sets: AxisSets, _ shape: Shape,
    exponentiate: @escaping @Sendable (UnsafeMutableBufferPointer<T>) -> Void
  ) -> PreparedNode {
    PreparedNode(T.elementType, shape) { run in
      let input = run.input(0, of: T.self)
      let output = run.output(of: T.self)
      guard !output.isEmpty else { return }
      if sets.stride == 1 {
        run.team.forEachChunk(of: sets.count, chunk: max(ThreadTeam.chunkSize / sets.size, 1)) {
          for set in $0 {
            let elements = set * sets.size..<(set + 1) * sets.size
            normalize(
              UnsafeBufferPointer(rebasing: input[elements]),
              into: UnsafeMutableBufferPointer(rebasing: output[elements]), exponentiate)
          }
        }
      } else {
        let width = min(sets.stride, 512)
        let blocks = (sets.stride + width - 1) / width
        run.team.forEachIndex(sets.count * blocks) { block in
          let column = block % blocks * width
          let start = block / blocks * sets.size * sets.stride + column
          normalizeColumns(
            input.baseAddress! + start, into: output.baseAddress! + start,
            columns: min(width, sets.stride - column), sets, exponentiate)
        }
      }
    }
  }

  /// One set whose elements lie together.
  private static func normalize<T: FloatingElement>(
    _ input: UnsafeBufferPointer<T>, into output: UnsafeMutableBufferPointer<T>,
    _ exponentiate: (UnsafeMutableBufferPointer<T>) -> Void
  ) {
    // From here on the largest exponent is 0; that of NaN and infinity is NaN, as it should be.
    let largest = input.reduced(by: FloatingMax<T>.self)
    for i in input.indices { output[i] = input[i] - largest }
    exponentiate(output)
    let sum = T(UnsafeBufferPointer(output).reduced(by: FloatingSum<T>.self))
    for i in output.indices { output[i] /= sum }
  }

  /// The sets that begin in `columns` neighbouring elements.
  private static func normalizeColumns<T: FloatingElement>(
    _ input: UnsafePointer<T>, into output: UnsafeMutablePointer<T>, columns: Int, _ sets: AxisSets,
    _ exponentiate: (UnsafeMutableBufferPointer<T>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: T.self, capacity: 2 * columns) { scratch in
      let largest = scratch.baseAddress!
      let sums = largest + columns
      largest.initialize(repeating: -.infinity, count: columns)
      sums.initialize(repeating: 0, count: columns)
      for row in 0..<sets.size {
        let x = input + row * sets.stride
        for i in 0..<columns { largest[i] = FloatingMax<T>.combine(largest[i], x[i]) }
      }
      for row in 0..<sets.size {
        let x = input + row * sets.stride
        let y = output + row * sets.stride
        for i in 0..<columns { y[i] = x[i] - largest[i] }
        exponentiate(UnsafeMutableBufferPointer(start: y, count: columns))
        for i in 0..<columns { sums[i] += y[i] }
      }
      for row in 0..<sets.size {
        let y = output + row * sets.stride
        for i in 0..<columns { y[i] /= sums[i] }
      }
    }
  }
}
