import Kernels

extension BroadcastWalk.Run {
  /// Writes `function` of the run's elements of two operands.
  ///
  /// A closure written at the call becomes part of the loops, which the compiler then vectorises.
  /// `output` may be the left operand, if that is not broadcast.
  @inline(__always)
  func combine<A, B, R>(
    _ left: UnsafeBufferPointer<A>, _ right: UnsafeBufferPointer<B>,
    into output: UnsafeMutableBufferPointer<R>, _ function: (A, B) -> R
  ) {
    let a = left.baseAddress! + starts[0]
    let b = right.baseAddress! + starts[1]
    let result = output.baseAddress! + self.output
    switch (steps[0], steps[1]) {
    case (1, 1): for i in 0..<count { result[i] = function(a[i], b[i]) }
    case (1, _):
      let b = b[0]
      for i in 0..<count { result[i] = function(a[i], b) }
    case (_, 1):
      let a = a[0]
      for i in 0..<count { result[i] = function(a, b[i]) }
    default:
      UnsafeMutableBufferPointer(start: result, count: count)
        .update(repeating: function(a[0], b[0]))
    }
  }
}
