import Foundation
import Images

/// The pictures of `Scripts/image-samples.py`, each with the pixels OpenCV 5.0 reads from it.
enum Samples {
  static let folder = Bundle.module.resourceURL!.appendingPathComponent("Samples").path

  /// The names of all pictures, without those of their pixels.
  static let names = fileNames.filter { !$0.hasSuffix(".ppm") }

  /// The resized pictures as (picture, width, height).
  static let resized: [(name: String, width: Int, height: Int)] = fileNames.compactMap { file in
    let parts = file.split(separator: ".")
    guard parts.count == 4 else { return nil }
    let size = parts[2].split(separator: "x").compactMap { Int($0) }
    return ("\(parts[0]).\(parts[1])", size[0], size[1])
  }

  static func path(_ name: String) -> String { "\(folder)/\(name)" }

  static func bytes(_ name: String) -> [UInt8] {
    [UInt8](FileManager.default.contents(atPath: path(name))!)
  }

  /// The picture a binary PPM file holds.
  static func expected(_ name: String) -> Image {
    let bytes = bytes(name + ".ppm")
    let header = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 3)
    let size = String(decoding: header[1], as: UTF8.self).split(separator: " ").map { Int($0)! }
    return Image(width: size[0], height: size[1], pixels: [UInt8](header[3]))
  }

  private static let fileNames = try! FileManager.default.contentsOfDirectory(atPath: folder)
    .sorted()
}
