/// Loops that apply one function to each element.
///
/// The functions are meant to be specialised where they are called: `transform` becomes part of the
/// loop, which the compiler then vectorises.
extension ThreadTeam {
  /// `output[i] = transform(input[i])`; both buffers have as many elements.
  @inlinable @inline(__always)
  package func map<A, R>(
    _ input: UnsafeBufferPointer<A>, into output: UnsafeMutableBufferPointer<R>,
    _ transform: (A) -> R
  ) {
    precondition(input.count == output.count)
    forEachChunk(of: input.count) { chunk in
      for i in chunk { output[i] = transform(input[i]) }
    }
  }

  /// `output[i] = transform(left[i], right[i])` over operands broadcast as `walk` says.
  ///
  /// `output` may be one of the operands, if that operand is not broadcast.
  @inlinable @inline(__always)
  package func map<A, B, R>(
    _ left: UnsafeBufferPointer<A>, _ right: UnsafeBufferPointer<B>,
    into output: UnsafeMutableBufferPointer<R>, walk: BroadcastWalk, _ transform: (A, B) -> R
  ) {
    precondition(walk.elementCount == output.count)
    guard walk.elementCount > 0 else { return }
    let steps = walk.runSteps
    walk.forEachRun(team: self) { run in
      let a = left.baseAddress! + run.starts[0]
      let b = right.baseAddress! + run.starts[1]
      let result = output.baseAddress! + run.output
      switch (steps[0], steps[1]) {
      case (1, 1): for i in 0..<run.count { result[i] = transform(a[i], b[i]) }
      case (1, _):
        let b = b[0]
        for i in 0..<run.count { result[i] = transform(a[i], b) }
      case (_, 1):
        let a = a[0]
        for i in 0..<run.count { result[i] = transform(a, b[i]) }
      default:
        UnsafeMutableBufferPointer(start: result, count: run.count)
          .update(repeating: transform(a[0], b[0]))
      }
    }
  }

  /// `output[i] = condition[i] ? left[i] : right[i]` over operands broadcast as `walk` says.
  @inlinable
  package func select<T: BitwiseCopyable>(
    _ condition: UnsafeBufferPointer<Bool>, _ left: UnsafeBufferPointer<T>,
    _ right: UnsafeBufferPointer<T>, into output: UnsafeMutableBufferPointer<T>,
    walk: BroadcastWalk
  ) {
    precondition(walk.elementCount == output.count)
    guard walk.elementCount > 0 else { return }
    let steps = walk.runSteps
    walk.forEachRun(team: self) { run in
      let c = condition.baseAddress! + run.starts[0]
      let a = left.baseAddress! + run.starts[1]
      let b = right.baseAddress! + run.starts[2]
      let result = output.baseAddress! + run.output
      for i in 0..<run.count {
        result[i] = c[i &* steps[0]] ? a[i &* steps[1]] : b[i &* steps[2]]
      }
    }
  }
}
