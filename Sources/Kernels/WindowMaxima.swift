/// The largest element of every window of one plane and where it stands, by the plain loop.
///
/// Of equal elements the first in row-major order counts; NaN is larger than any number. A window
/// without elements gives the reduction's identity and index -1.
///
/// - Parameters:
///   - axes: outermost first, three.
///   - indexStrides: what one step along each axis adds to an index.
@specialized(where R == Maximum<Float>)
@specialized(where R == Maximum<Double>)
@specialized(where R == Maximum<Int8>)
@specialized(where R == Maximum<UInt8>)
package func windowMaxima<R: WindowReduction>(
  _: R.Type, axes: [WindowAxis], indexStrides: [Int],
  from source: UnsafePointer<R.Element>, to destination: UnsafeMutablePointer<R.Element>,
  indices: UnsafeMutablePointer<Int64>
) where R.Element: Comparable {
  let positions = axes.map { axis in
    (0..<axis.output).map { output in
      axis.taps(at: output).map { output * axis.stride - axis.padding + $0 * axis.dilation }
    }
  }
  let strides = [axes[1].input * axes[2].input, axes[2].input, 1]
  var output = 0
  for rows in positions[0] {
    for columns in positions[1] {
      for elements in positions[2] {
        var best = R.identity
        var bestIndex = -1
        for i in rows {
          for j in columns {
            for k in elements {
              let value = source[i &* strides[0] &+ j &* strides[1] &+ k]
              if bestIndex < 0 || value > best || (value != value && best == best) {
                best = value
                bestIndex = i * indexStrides[0] + j * indexStrides[1] + k * indexStrides[2]
              }
            }
          }
        }
        destination[output] = best
        indices[output] = Int64(bestIndex)
        output += 1
      }
    }
  }
}
