/// The average of every window of planes that lie one after another; 0 where nothing counts.
///
/// - Parameters:
///   - axes: outermost first, three.
///   - counts: for each axis, how many taps count at each output position.
@specialized(where T == Float)
@specialized(where T == Double)
package func averageWindows<T: BinaryFloatingPoint & SIMDScalar & BitwiseCopyable & Sendable>(
  planes: Int, axes: [WindowAxis], counts: [[Int]],
  from source: UnsafePointer<T>, to destination: UnsafeMutablePointer<T>, team: ThreadTeam
) {
  reduceWindows(
    Sum<T>.self, planes: planes, axes: axes, from: source, to: destination, team: team)
  let counts = counts.map { $0.map { T($0) } }
  let rowLength = counts[2].count
  let rowsPerPlane = counts[0].count * counts[1].count
  if rowLength == 0 || rowsPerPlane == 0 { return }
  nonisolated(unsafe) let output = destination
  team.forEach(planes) { plane, _ in
    for row in 0..<rowsPerPlane {
      let rowCount = counts[0][row / counts[1].count] * counts[1][row % counts[1].count]
      let values = output + (plane * rowsPerPlane + row) * rowLength
      counts[2].withUnsafeBufferPointer { columnCounts in
        for column in 0..<rowLength {
          // A window without elements has the sum 0.
          values[column] /= max(rowCount * columnCounts[column], 1)
        }
      }
    }
  }
}

/// The average of each of `planes` runs of `count` elements, summed in eight interleaved parts.
@specialized(where T == Float)
@specialized(where T == Double)
package func averagePlanes<T: BinaryFloatingPoint & SIMDScalar & BitwiseCopyable & Sendable>(
  planes: Int, count: Int,
  from source: UnsafePointer<T>, to destination: UnsafeMutablePointer<T>, team: ThreadTeam
) {
  nonisolated(unsafe) let input = source
  nonisolated(unsafe) let output = destination
  let planesPerTask = max(1, 1 << 15 / max(count, 1))
  team.forEachChunk(of: planes, chunk: planesPerTask) { planes in
    for plane in planes {
      let from = input + plane * count
      var parts = SIMD8<T>(repeating: 0)
      let whole = count & ~7
      for start in stride(from: 0, to: whole, by: 8) {
        parts += UnsafeRawPointer(from + start).loadUnaligned(as: SIMD8<T>.self)
      }
      var total = parts.sum()
      for index in whole..<count { total += from[index] }
      output[plane] = total / T(count)
    }
  }
}
