extension Image {
  /// The picture scaled to the given size, bit for bit as OpenCV's `INTER_LINEAR` does it.
  ///
  /// - Precondition: both dimensions are positive.
  public func resized(width newWidth: Int, height newHeight: Int) -> Image {
    precondition(newWidth > 0 && newHeight > 0, "resizing to \(newWidth)x\(newHeight)")
    if newWidth == width && newHeight == height { return self }
    let columns = linearTaps(from: width, to: newWidth, step: 3, extrapolates: false)
    let rows = linearTaps(from: height, to: newHeight, step: 1, extrapolates: true)
    let count = newWidth * newHeight * 3
    let resized = [UInt8](unsafeUninitializedCapacity: count) { target, initializedCount in
      pixels.withUnsafeBufferPointer { source in
        resize(from: source, into: target, columns: columns, rows: rows, sourceWidth: width)
      }
      initializedCount = count
    }
    return Image(width: newWidth, height: newHeight, pixels: resized)
  }
}

/// Where two neighbouring source pixels begin along an axis, and their shares, which add to 2048.
private struct LinearTap {
  var near: Int
  var far: Int
  var nearShare: Int32
  var farShare: Int32
}

/// Where each target position reads along one axis, whose positions are `step` samples apart.
///
/// OpenCV computes positions in double, fractions in float, and rounds the shares to 1/2048. Across
/// the border it repeats the edge; only along columns does the fraction become 0 there.
private func linearTaps(
  from source: Int, to target: Int, step: Int, extrapolates: Bool
) -> [LinearTap] {
  let scale = 1 / (Double(target) / Double(source))
  return (0..<target).map { position in
    let exact = Float((Double(position) + 0.5) * scale - 0.5)
    let floor = exact.rounded(.down)
    let index = Int(floor)
    var fraction = exact - floor
    if !extrapolates && (index < 0 || index >= source - 1) { fraction = 0 }
    return LinearTap(
      near: min(max(index, 0), source - 1) * step,
      far: min(max(index + 1, 0), source - 1) * step,
      nearShare: Int32(((1 - fraction) * 2048).rounded(.toNearestOrEven)),
      farShare: Int32((fraction * 2048).rounded(.toNearestOrEven)))
  }
}

private func resize(
  from source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>,
  columns: [LinearTap], rows: [LinearTap], sourceWidth: Int
) {
  var near = StretchedRow(sampleCount: columns.count * 3)
  var far = near
  for (y, row) in rows.enumerated() {
    if far.sourceRow == row.near { swap(&near, &far) }
    near.fill(from: source, row: row.near, width: sourceWidth, columns: columns)
    far.fill(from: source, row: row.far, width: sourceWidth, columns: columns)
    let start = y * columns.count * 3
    let line = UnsafeMutableBufferPointer(
      rebasing: target[start..<(start + columns.count * 3)])
    near.mix(row.nearShare, with: far, row.farShare, into: line)
  }
}

/// One source row scaled to the target's width, in units of 1/128.
private struct StretchedRow {
  private(set) var sourceRow = -1
  private var samples: [Int16]

  init(sampleCount: Int) { samples = [Int16](repeating: 0, count: sampleCount) }

  mutating func fill(
    from source: UnsafeBufferPointer<UInt8>, row: Int, width: Int, columns: [LinearTap]
  ) {
    if row == sourceRow { return }
    sourceRow = row
    let line = UnsafeBufferPointer(rebasing: source[(row * width * 3)..<((row + 1) * width * 3)])
    samples.withUnsafeMutableBufferPointer { samples in
      columns.withUnsafeBufferPointer { columns in
        var place = 0
        for tap in columns {
          for channel in 0..<3 {
            let mixed =
              Int32(line[tap.near &+ channel]) &* tap.nearShare
              &+ Int32(line[tap.far &+ channel]) &* tap.farShare
            samples[place] = Int16(truncatingIfNeeded: mixed &>> 4)
            place &+= 1
          }
        }
      }
    }
  }

  func mix(
    _ share: Int32, with other: StretchedRow, _ otherShare: Int32,
    into line: UnsafeMutableBufferPointer<UInt8>
  ) {
    samples.withUnsafeBufferPointer { near in
      other.samples.withUnsafeBufferPointer { far in
        // All of it fits 16 bits, of which a vector holds twice as many as of 32.
        let (share, otherShare) = (Int32(Int16(share)), Int32(Int16(otherShare)))
        for index in line.indices {
          let a = Int16(truncatingIfNeeded: (share &* Int32(near[index])) &>> 16)
          let b = Int16(truncatingIfNeeded: (otherShare &* Int32(far[index])) &>> 16)
          line[index] = UInt8(truncatingIfNeeded: (a &+ b &+ 2) &>> 2)
        }
      }
    }
  }
}
