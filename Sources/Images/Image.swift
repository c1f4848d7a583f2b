/// A picture in memory: eight bits each of red, green and blue.
public struct Image: Sendable, Equatable {
  /// Pixels per row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// `[height, width, 3]` samples, red first, row by row from the top left.
  public let pixels: [UInt8]

  /// A picture of the given samples.
  ///
  /// - Precondition: both dimensions are positive and there are `height * width * 3` samples.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "a picture of \(width)x\(height) pixels")
    precondition(pixels.count == height * width * 3, "\(pixels.count) samples")
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
