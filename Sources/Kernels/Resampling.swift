/// How the elements along one axis are made of those before: `output[j]` is the sum over `k` of
/// `weights[j, k] * input[indices[j, k]]`.
package struct ResamplingTaps<T: BinaryFloatingPoint & BitwiseCopyable & Sendable>: Sendable {
  /// Taps of one output.
  package let count: Int
  /// All in bounds of the input.
  package let indices: [Int32]
  package let weights: [T]

  package init(count: Int, indices: [Int32], weights: [T]) {
    precondition(indices.count == weights.count && indices.count % count == 0)
    self.count = count
    self.indices = indices
    self.weights = weights
  }
}

/// Resamples the axes that have taps, one after the other. A tap of weight zero has no influence,
/// even on an infinite element.
@specialized(where T == Float)
@specialized(where T == Double)
package func resample<T: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
  dimensions: [Int], taps: [ResamplingTaps<T>?],
  from source: UnsafePointer<T>, to destination: UnsafeMutablePointer<T>, team: ThreadTeam
) {
  let passes = axisPasses(
    inputs: dimensions,
    outputs: zip(dimensions, taps).map { $1.map { $0.indices.count / $0.count } ?? $0 },
    moving: taps.indices.filter { taps[$0] != nil })
  var current = source
  var scratch: [UnsafeMutablePointer<T>] = []
  defer { for buffer in scratch { buffer.deallocate() } }
  for (step, pass) in passes.enumerated() {
    var target = destination
    if step < passes.count - 1 {
      target = .allocate(capacity: pass.outputCount)
      scratch.append(target)
    }
    resampleAxis(
      pass, input: dimensions[pass.axis], taps: taps[pass.axis]!, from: current, to: target,
      team: team)
    current = UnsafePointer(target)
  }
}

@inline(__always)
private func resampleAxis<T: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
  _ pass: AxisPass, input: Int, taps: ResamplingTaps<T>, from source: UnsafePointer<T>,
  to destination: UnsafeMutablePointer<T>, team: ThreadTeam
) {
  let output = taps.indices.count / taps.count
  let inner = pass.inner
  nonisolated(unsafe) let from = source
  nonisolated(unsafe) let to = destination
  let rowLength = inner == 1 ? output : inner
  let rowCount = inner == 1 ? pass.outer : pass.outer * output
  let rowsPerTask = max(1, 1 << 14 / rowLength)
  team.forEachChunk(of: rowCount, chunk: rowsPerTask) { rows in
    for row in rows {
      if inner == 1 {
        sumAlong(taps, from: from + row * input, to: to + row * output)
      } else {
        sumAcross(
          taps, position: row % output, from: from + row / output * input * inner,
          to: to + row * inner, count: inner)
      }
    }
  }
}

/// All outputs along one contiguous row.
@inline(__always)
private func sumAlong<T: BinaryFloatingPoint>(
  _ taps: ResamplingTaps<T>, from source: UnsafePointer<T>, to destination: UnsafeMutablePointer<T>
) {
  taps.indices.withUnsafeBufferPointer { indices in
    taps.weights.withUnsafeBufferPointer { weights in
      for position in 0..<indices.count / taps.count {
        var sum: T = 0
        for tap in position &* taps.count..<(position &+ 1) &* taps.count {
          let weight = weights[tap]
          sum += weight == 0 ? 0 : weight * source[Int(indices[tap])]
        }
        destination[position] = sum
      }
    }
  }
}

/// One output position for a row of `count` neighbours on the axes inside.
@inline(__always)
private func sumAcross<T: BinaryFloatingPoint>(
  _ taps: ResamplingTaps<T>, position: Int, from source: UnsafePointer<T>,
  to destination: UnsafeMutablePointer<T>, count: Int
) {
  destination.update(repeating: 0, count: count)
  for tap in position * taps.count..<(position + 1) * taps.count where taps.weights[tap] != 0 {
    let weight = taps.weights[tap]
    let row = source + Int(taps.indices[tap]) * count
    for i in 0..<count { destination[i] += weight * row[i] }
  }
}
