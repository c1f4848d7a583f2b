import Foundation
import Images
import TestSupport
import Testing

@Suite struct PNGWritingTests {
  @Test(arguments: [(1, 1), (1, 40), (33, 1), (19, 23), (640, 3)])
  func whatIsWrittenIsReadBack(width: Int, height: Int) throws {
    let seed = UInt64(width * 1000 + height)
    var generator = SeededGenerator(seed: seed)
    let pixels = (0..<(width * height * 3)).map { _ in
      UInt8.random(in: .min ... .max, using: &generator)
    }
    let image = Image(width: width, height: height, pixels: pixels)
    let path = NSTemporaryDirectory() + "written-\(UUID().uuidString).png"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try image.writePNG(toFile: path)
    #expect(try Image(contentsOfFile: path) == image, "seed \(seed)")
    #expect(try Image(decoding: image.pngData()) == image, "seed \(seed)")
  }

  @Test func aPathThatCannotBeWrittenIsNamed() throws {
    let image = Image(width: 1, height: 1, pixels: [1, 2, 3])
    let error = #expect(throws: ImageError.self) {
      try image.writePNG(toFile: "/nonexistent/picture.png")
    }
    #expect(
      error?.description == "/nonexistent/picture.png: cannot be written: no such file")
  }
}
