extension ConvolutionGeometry {
  /// Writes the patch matrix's columns `pixels`: row `r` of `patches` (row stride `columns`) holds
  /// what kernel tap and input channel `r` read for each of these output pixels.
  ///
  /// - Parameters:
  ///   - map: one group's input `[inputChannels, depth, height, width]`.
  ///   - pixels: a range of row-major output positions.
  package func packPatches<T: BLASElement>(
    of map: UnsafePointer<T>, pixels: Range<Int>, columns: Int,
    into patches: UnsafeMutablePointer<T>
  ) {
    var row = patches
    for channel in 0..<inputChannels {
      let plane = map + channel * input.count
      for tapDepth in 0..<kernel.depth {
        for tapRow in 0..<kernel.height {
          for tapColumn in 0..<kernel.width {
            packRow(
              of: plane, tap: Extent(tapDepth, tapRow, tapColumn), pixels: pixels, into: row)
            row += columns
          }
        }
      }
    }
  }

  func packRow<T: BLASElement>(
    of plane: UnsafePointer<T>, tap: Extent, pixels: Range<Int>, into row: UnsafeMutablePointer<T>
  ) {
    var target = row
    var pixel = pixels.lowerBound
    while pixel < pixels.upperBound {
      let line = pixel / output.width
      let firstColumn = pixel - line * output.width
      let columns = min(output.width - firstColumn, pixels.upperBound - pixel)
      let y = (line % output.height) * stride.height - padding.height + tap.height * dilation.height
      let z = (line / output.height) * stride.depth - padding.depth + tap.depth * dilation.depth
      if y >= 0, y < input.height, z >= 0, z < input.depth {
        packLine(
          of: plane + (z * input.height + y) * input.width,
          from: firstColumn * stride.width - padding.width + tap.width * dilation.width,
          columns: columns, into: target)
      } else {
        target.update(repeating: 0, count: columns)
      }
      target += columns
      pixel += columns
    }
  }

  /// `columns` elements of a line from position `start` (may lie outside) in steps of the stride.
  func packLine<T: BLASElement>(
    of line: UnsafePointer<T>, from start: Int, columns: Int, into target: UnsafeMutablePointer<T>
  ) {
    let step = stride.width
    let first = min(start >= 0 ? 0 : (-start + step - 1) / step, columns)
    let end = start < input.width ? min((input.width - start + step - 1) / step, columns) : 0
    let last = max(end, first)
    clear(target, count: first)
    switch step {
    case 1: (target + first).update(from: line + (start + first), count: last - first)
    // A step the compiler knows becomes vector shuffles.
    case 2: copy(line + (start + first * 2), step: 2, to: target + first, count: last - first)
    default:
      copy(line + (start + first * step), step: step, to: target + first, count: last - first)
    }
    clear(target + last, count: columns - last)
  }

  /// Mostly one element or none, for which a call would cost more than the store.
  @inline(__always)
  private func clear<T: BLASElement>(_ target: UnsafeMutablePointer<T>, count: Int) {
    if count == 1 { target[0] = 0 } else if count > 1 { target.update(repeating: 0, count: count) }
  }

  @inline(__always)
  private func copy<T: BLASElement>(
    _ source: UnsafePointer<T>, step: Int, to target: UnsafeMutablePointer<T>, count: Int
  ) {
    for column in 0..<max(count, 0) { target[column] = source[column &* step] }
  }
}
