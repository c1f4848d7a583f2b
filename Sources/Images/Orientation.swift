/// How a stored picture is to be turned to stand upright, numbered as EXIF numbers it.
enum Orientation: Int, CaseIterable {
  case upright = 1
  case mirrored, upsideDown, flipped
  case transposed, turnedRight, transversed, turnedLeft

  /// Whether rows become columns.
  var exchangesAxes: Bool { rawValue >= 5 }

  /// Whether the first row or column of the upright picture is read from the right of the stored.
  var startsAtRight: Bool {
    switch self {
    case .mirrored, .upsideDown, .transversed, .turnedLeft: true
    default: false
    }
  }

  /// Whether the first row or column of the upright picture is read from the bottom of the stored.
  var startsAtBottom: Bool {
    switch self {
    case .upsideDown, .flipped, .turnedRight, .transversed: true
    default: false
    }
  }
}

extension Image {
  /// The picture turned from its stored orientation.
  func turned(upright orientation: Orientation) -> Image {
    if orientation == .upright { return self }
    let right = orientation.startsAtRight ? -3 : 3
    let down = (orientation.startsAtBottom ? -3 : 3) * width
    let origin =
      (orientation.startsAtRight ? width - 1 : 0) * 3
      + (orientation.startsAtBottom ? height - 1 : 0) * width * 3
    let (columnStep, rowStep) = orientation.exchangesAxes ? (down, right) : (right, down)
    let (newWidth, newHeight) = orientation.exchangesAxes ? (height, width) : (width, height)
    let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, count in
      pixels.withUnsafeBufferPointer { source in
        for y in 0..<newHeight {
          for x in 0..<newWidth {
            let from = origin + y * rowStep + x * columnStep
            let to = (y * newWidth + x) * 3
            target[to] = source[from]
            target[to + 1] = source[from + 1]
            target[to + 2] = source[from + 2]
          }
        }
      }
      count = pixels.count
    }
    return Image(width: newWidth, height: newHeight, pixels: turned)
  }
}
