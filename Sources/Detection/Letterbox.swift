import BoxMath

/// Where a picture lies in a network's input, and at what size.
public struct Placement: Sendable, Equatable {
  public let sourceWidth: Int
  public let sourceHeight: Int
  /// Size of the picture after scaling, in pixels of the network's input.
  public let scaledWidth: Int
  public let scaledHeight: Int
  /// Columns of padding to the left of the picture, rows above it.
  public let left: Int
  public let top: Int
  public let networkWidth: Int
  public let networkHeight: Int

  package init(
    sourceWidth: Int, sourceHeight: Int, scaledWidth: Int, scaledHeight: Int, left: Int, top: Int,
    networkWidth: Int, networkHeight: Int
  ) {
    self.sourceWidth = sourceWidth
    self.sourceHeight = sourceHeight
    self.scaledWidth = scaledWidth
    self.scaledHeight = scaledHeight
    self.left = left
    self.top = top
    self.networkWidth = networkWidth
    self.networkHeight = networkHeight
  }

  /// The box in pixels of the source picture, clipped to it.
  public func boxInSourcePixels(_ boxInNetworkPixels: Box) -> Box {
    let box = boxInNetworkPixels
    return Box(
      x1: columnInSource(box.x1), y1: rowInSource(box.y1),
      x2: columnInSource(box.x2), y2: rowInSource(box.y2))
  }

  private func columnInSource(_ x: Float) -> Float {
    let exact = (Double(x) - Double(left)) * Double(sourceWidth) / Double(scaledWidth)
    return Float(min(max(exact, 0), Double(sourceWidth)))
  }

  private func rowInSource(_ y: Float) -> Float {
    let exact = (Double(y) - Double(top)) * Double(sourceHeight) / Double(scaledHeight)
    return Float(min(max(exact, 0), Double(sourceHeight)))
  }
}

extension Placement {
  /// A picture scaled, without keeping its proportions, to fill the network's input.
  static func stretch(
    sourceWidth: Int, sourceHeight: Int, networkWidth: Int, networkHeight: Int
  ) -> Placement {
    Placement(
      sourceWidth: sourceWidth, sourceHeight: sourceHeight, scaledWidth: networkWidth,
      scaledHeight: networkHeight, left: 0, top: 0, networkWidth: networkWidth,
      networkHeight: networkHeight)
  }

  /// A picture scaled in proportion to fit a frame, in the middle of the padding, as Ultralytics'
  /// `letterbox` does it: lengths round half to even, an odd rest goes right and below.
  ///
  /// - Parameter stride: With a stride, the network's input is not the whole frame: it is the
  ///   scaled picture padded to multiples of the stride, and the frame is first rounded up to such.
  static func letterbox(
    sourceWidth: Int, sourceHeight: Int, frameWidth: Int, frameHeight: Int, stride: Int?
  ) -> Placement {
    let step = stride ?? 1
    let frameWidth = (frameWidth + step - 1) / step * step
    let frameHeight = (frameHeight + step - 1) / step * step
    let ratio = min(
      Double(frameHeight) / Double(sourceHeight), Double(frameWidth) / Double(sourceWidth))
    let scaledWidth = Int((Double(sourceWidth) * ratio).rounded(.toNearestOrEven))
    let scaledHeight = Int((Double(sourceHeight) * ratio).rounded(.toNearestOrEven))
    let columns = stride.map { (frameWidth - scaledWidth) % $0 } ?? frameWidth - scaledWidth
    let rows = stride.map { (frameHeight - scaledHeight) % $0 } ?? frameHeight - scaledHeight
    return Placement(
      sourceWidth: sourceWidth, sourceHeight: sourceHeight, scaledWidth: scaledWidth,
      scaledHeight: scaledHeight, left: columns / 2, top: rows / 2,
      networkWidth: scaledWidth + columns, networkHeight: scaledHeight + rows)
  }
}
