import Detection
import Images

/// Pictures that hold what photographs do not: blocks of 16 pixels, each a colour of full contrast, a
/// gradient, stripes or noise; and a white quarter, in which all filters add up as nowhere else.
enum SyntheticPictures {
  private static let block = 16

  /// Pictures that differ from one another; the third of three or more is blank.
  static func all(_ count: Int, height: Int, width: Int) -> [Image] {
    (0..<count).map { index in
      index == 2 ? blank(height: height, width: width) : picture(index, height, width)
    }
  }

  private static func blank(height: Int, width: Int) -> Image {
    Image(
      width: width, height: height,
      pixels: [UInt8](repeating: Preprocessing().pad, count: 3 * height * width))
  }

  private static func picture(_ index: Int, _ height: Int, _ width: Int) -> Image {
    var pixels = [UInt8](repeating: 0, count: 3 * height * width)
    var numbers = SplitMix64(seed: UInt64(index) &* 7919 &+ 11)
    for top in stride(from: 0, to: height, by: block) {
      for left in stride(from: 0, to: width, by: block) {
        let kind = numbers.next() % 5
        let colours = (0..<6).map { _ in UInt8(truncatingIfNeeded: numbers.next() >> 32) }
        for y in top..<min(top + block, height) {
          for x in left..<min(left + block, width) {
            for channel in 0..<3 {
              if index == 0, 2 * y < height, 2 * x < width {
                pixels[(y * width + x) * 3 + channel] = 255
                continue
              }
              let value: UInt8 =
                switch kind {
                case 0: colours[channel] < 128 ? 0 : 255
                case 1: UInt8((x - left) * 17)
                case 2: UInt8(truncatingIfNeeded: (y - top) * 17 + Int(colours[channel]))
                case 3: (x + y) % 4 < 2 ? colours[channel] : colours[3 + channel]
                default: UInt8(truncatingIfNeeded: numbers.next() >> 40)
                }
              pixels[(y * width + x) * 3 + channel] = value
            }
          }
        }
      }
    }
    return Image(width: width, height: height, pixels: pixels)
  }
}
