import Tensors

/// The width and height of an anchor, in pixels of the network's input.
public struct AnchorSize: Sendable, Hashable {
  public var width: Float
  public var height: Float

  @inlinable public init(width: Float, height: Float) {
    self.width = width
    self.height = height
  }
}

/// Turns the sigmoid values of one head map into boxes, with the roundings of `YoloLayer_TRT`
/// (`yoloForward_nc.cu`): float32 from left to right, the corners in double and rounded once.
///
/// Over `Double` everything is computed in double precision.
public struct HeadDecoder<T: FloatingElement>: Sendable {
  public let columns: Int
  public let rows: Int
  public let anchors: [AnchorSize]
  @usableFromInline let networkWidth: T
  @usableFromInline let networkHeight: T

  /// - Parameters:
  ///   - columns: the map's width in cells; `rows` its height.
  ///   - networkWidth: the width of the network's input in pixels, as the decode has it;
  ///     `networkHeight` likewise.
  public init(
    columns: Int, rows: Int, networkWidth: Double, networkHeight: Double, anchors: [AnchorSize]
  ) {
    self.columns = columns
    self.rows = rows
    self.anchors = anchors
    self.networkWidth = T(networkWidth)
    self.networkHeight = T(networkHeight)
  }

  /// The size of the network's input in pixels, as the decode has it.
  public var networkSize: (width: T, height: T) { (networkWidth, networkHeight) }

  /// The corners of the box of one cell, in pixels of the network's input.
  @inlinable public func corners(
    x: T, y: T, width: T, height: T, anchor: Int, row: Int, column: Int
  ) -> (x1: T, y1: T, x2: T, y2: T) {
    ofAnchor(anchor).corners(
      x: x, y: y, width: width, height: height, row: T(row), column: T(column))
  }

  /// The decoder for the cells of one anchor.
  @inlinable public func ofAnchor(_ anchor: Int) -> AnchorDecoder<T> {
    AnchorDecoder(
      columns: T(columns), rows: T(rows), networkWidth: networkWidth,
      networkHeight: networkHeight, width: T(anchors[anchor].width),
      height: T(anchors[anchor].height))
  }
}

/// Turns the sigmoid values of one anchor of a head map into boxes, as ``HeadDecoder`` does.
public struct AnchorDecoder<T: FloatingElement>: Sendable {
  @usableFromInline let columns: T
  @usableFromInline let rows: T
  @usableFromInline let networkWidth: T
  @usableFromInline let networkHeight: T
  @usableFromInline let anchorWidth: T
  @usableFromInline let anchorHeight: T

  @inlinable init(
    columns: T, rows: T, networkWidth: T, networkHeight: T, width: T, height: T
  ) {
    self.columns = columns
    self.rows = rows
    self.networkWidth = networkWidth
    self.networkHeight = networkHeight
    anchorWidth = width
    anchorHeight = height
  }

  /// The corners of the box of one cell, in pixels of the network's input.
  @inlinable public func corners(
    x: T, y: T, width: T, height: T, row: T, column: T
  ) -> (x1: T, y1: T, x2: T, y2: T) {
    let centerX = (x * 2 + -0.5 + column) * networkWidth / columns
    let centerY = (y * 2 + -0.5 + row) * networkHeight / rows
    let doubledWidth = width * 2
    let doubledHeight = height * 2
    let halfWidth = 0.5 * Double(doubledWidth * doubledWidth * anchorWidth)
    let halfHeight = 0.5 * Double(doubledHeight * doubledHeight * anchorHeight)
    return (
      T(Double(centerX) - halfWidth), T(Double(centerY) - halfHeight),
      T(Double(centerX) + halfWidth), T(Double(centerY) + halfHeight)
    )
  }
}
