import Foundation
import Images
import TestSupport
import Testing

@Suite struct DamagedFileTests {
  @Test(arguments: Samples.names)
  func everyTruncationIsAnError(name: String) {
    let bytes = Samples.bytes(name)
    let accepted = bytes.indices.filter { isPicture([UInt8](bytes[..<$0])) }
    #expect(accepted.isEmpty)
  }

  @Test(arguments: Samples.names.filter { $0.hasSuffix(".png") })
  func everyFlippedBitOfAPNGIsAnError(name: String) {
    let bytes = Samples.bytes(name)
    let accepted = (0..<(bytes.count * 8)).filter { bit in
      var damaged = bytes
      damaged[bit / 8] ^= 1 << (bit % 8)
      return isPicture(damaged)
    }
    #expect(accepted.isEmpty)
  }

  /// A JPEG has no checksum: what is asked for is a picture or an error.
  @Test(arguments: Samples.names.filter { $0.hasSuffix(".jpg") })
  func aDamagedJPEGIsAPictureOrAnError(name: String) {
    let seed = name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) }
    var generator = SeededGenerator(seed: seed)
    let bytes = Samples.bytes(name)
    for _ in 0..<100 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        let position = Int.random(in: 0..<damaged.count, using: &generator)
        damaged[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
      do {
        let image = try Image(decoding: damaged)
        #expect(image.pixels.count == image.width * image.height * 3, "seed \(seed)")
      } catch {
        #expect(!error.description.contains("\n"), "seed \(seed)")
      }
    }
  }

  @Test(arguments: [
    ("empty", [UInt8](), "empty"),
    ("text", [UInt8]("a text\n".utf8), "neither JPEG nor PNG (its first bytes are 61 20 74 65)"),
    ("a GIF", [UInt8]("GIF89a".utf8), "neither JPEG nor PNG"),
    ("only a JPEG's signature", [0xFF, 0xD8, 0xFF], "damaged, cut short"),
    ("a huge PNG", hugePNG, "100000x100000 pixels; at most"),
    ("a huge JPEG", hugeJPEG, "65500x65500 pixels; at most"),
    ("a JPEG of endless scans", endlessScans, "more than 100 scans"),
    ("a JPEG of two components", twoComponents, "damaged, cut short or an unsupported kind"),
  ])
  func aRefusalSaysWhatWasFound(_: String, bytes: [UInt8], message: String) throws {
    let path = NSTemporaryDirectory() + "refused-\(UUID().uuidString)"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let error = #expect(throws: ImageError.self) { try Image(contentsOfFile: path) }
    let text = try #require(error).description
    #expect(text.hasPrefix("\(path): "))
    #expect(text.contains(message))
    #expect(!text.contains("\n"))
  }

  @Test(arguments: [
    ("/nonexistent/picture.jpg", "no such file"),
    (NSTemporaryDirectory(), "not a regular file"),
    ("/dev/zero", "not a regular file"),
    ("", "no such file"),
  ])
  func anUnreadablePathIsNamed(path: String, message: String) throws {
    let error = #expect(throws: ImageError.self) { try Image(contentsOfFile: path) }
    #expect(try #require(error).description.hasPrefix("\(path): \(message)"))
  }

  private func isPicture(_ bytes: [UInt8]) -> Bool { (try? Image(decoding: bytes)) != nil }

  private static let hugePNG: [UInt8] = {
    let header: [UInt8] = [
      0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 1, 0x86, 0xA0, 0, 1, 0x86, 0xA0, 8, 2, 0, 0, 0,
      0x27, 0x30, 0x9C, 0x9F,
    ]
    let bytes = Samples.bytes("rgb-8.png")
    return bytes.prefix(8) + header + bytes.dropFirst(8 + header.count)
  }()

  private static let hugeJPEG: [UInt8] = {
    var bytes = Samples.bytes("baseline-444.jpg")
    let frame = position(of: [0xFF, 0xC0], in: bytes)
    bytes.replaceSubrange((frame + 5)..<(frame + 9), with: [0xFF, 0xDC, 0xFF, 0xDC])
    return bytes
  }()

  private static let twoComponents: [UInt8] = {
    var bytes = Samples.bytes("grey.jpg")
    let scan = position(of: [0xFF, 0xDA], in: bytes)
    let scanHeader: [UInt8] = [0xFF, 0xDA, 0, 10, 2, 1, 0, 2, 0, 0, 63, 0]
    bytes.replaceSubrange(scan..<(scan + 10), with: scanHeader)
    let frame = position(of: [0xFF, 0xC0], in: bytes)
    let components: [UInt8] = [2, 1, 0x11, 0, 2, 0x11, 0]
    bytes.replaceSubrange((frame + 9)..<(frame + 13), with: components)
    bytes[frame + 3] = 14
    return bytes
  }()

  /// One block of grey whose 63 other coefficients come in two scans each, all of zeros.
  private static let endlessScans: [UInt8] = {
    let tables: [UInt8] =
      [0xFF, 0xDB, 0, 67, 0] + [UInt8](repeating: 1, count: 64)
      + [0xFF, 0xC4, 0, 20, 0x00, 1] + [UInt8](repeating: 0, count: 16)
      + [0xFF, 0xC4, 0, 20, 0x10, 1] + [UInt8](repeating: 0, count: 16)
    func scan(_ coefficient: UInt8, _ precision: UInt8) -> [UInt8] {
      [0xFF, 0xDA, 0, 8, 1, 1, 0, coefficient, coefficient, precision, 0x7F]
    }
    return [0xFF, 0xD8] + tables + [0xFF, 0xC2, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0]
      + scan(0, 0x00) + (1...63).flatMap { scan($0, 0x01) } + (1...63).flatMap { scan($0, 0x10) }
      + [0xFF, 0xD9]
  }()

  private static func position(of marker: [UInt8], in bytes: [UInt8]) -> Int {
    bytes.indices.first { bytes[$0...].starts(with: marker) }!
  }
}
