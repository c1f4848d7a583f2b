import CImageCodecs
import Tensors

extension Image {
  /// The picture as the bytes of a PNG file.
  public func pngData() throws(ImageError) -> [UInt8] {
    let size = image_size(width: UInt32(clamping: width), height: UInt32(clamping: height))
    var count = image_png_encoded_bound(size)
    var bytes = [UInt8](repeating: 0, count: count)
    try callCodec("\(width)x\(height) pixels cannot become a PNG") { message in
      image_png_encode(pixels, size, &bytes, &count, message)
    }
    bytes.removeSubrange(count...)
    return bytes
  }

  /// Writes the picture as a PNG file, replacing what is there in one step.
  public func writePNG(toFile path: String) throws(ImageError) {
    let bytes = try pngData()
    do {
      try FileWriter.write(bytes, toFile: path)
    } catch {
      throw ImageError("\(path): \(error)")
    }
  }
}
