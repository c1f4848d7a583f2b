import CImageCodecs
import Tensors

extension Image {
  /// The most pixels a picture may have. Decoding it then takes less than 2 GB whatever its kind:
  /// a progressive CMYK JPEG needs 8 bytes per pixel beside the result's 3.
  public static let maximumPixelCount = 1 << 27
  /// The most bytes a picture's file may have.
  public static let maximumFileByteCount = 1 << 28
  /// The most scans a JPEG may have; encoders make about ten.
  static let maximumScanCount: Int32 = 100

  /// Reads a JPEG or PNG file, told apart by content.
  ///
  /// The pixels are those of OpenCV's `imread`, in the order red, green, blue: the EXIF
  /// orientation is applied, alpha is dropped without blending, 16-bit samples lose their low byte
  /// and grey becomes three equal channels.
  ///
  /// - Throws: ``ImageError``, naming the file, when it cannot be read, is neither JPEG nor PNG, or
  ///   is damaged or cut short. A picture is read whole or not at all.
  public init(contentsOfFile path: String) throws(ImageError) {
    do {
      let file = try MappedFile(path: path)
      guard file.bytes.count <= Image.maximumFileByteCount else {
        throw ImageError(
          "\(file.bytes.count) bytes; at most \(Image.maximumFileByteCount) are read")
      }
      let bytes = withExtendedLifetime(file) { [UInt8](file.bytes) }
      self = try Image(decoding: bytes)
    } catch {
      throw ImageError("\(path): \(error)")
    }
  }

  /// Decodes the bytes of a JPEG or PNG file, as ``init(contentsOfFile:)`` does.
  public init(decoding bytes: [UInt8]) throws(ImageError) {
    guard !bytes.isEmpty else { throw ImageError("empty; expected a JPEG or PNG picture") }
    guard let format = Format(of: bytes) else {
      let start = bytes.prefix(4).map { String($0, radix: 16) }.joined(separator: " ")
      throw ImageError(
        "neither JPEG nor PNG (its first bytes are \(start)); convert the picture to one of them")
    }
    let size = try format.size(of: bytes)
    let (width, height) = (Int(size.width), Int(size.height))
    guard width * height <= Image.maximumPixelCount else {
      throw ImageError(
        "\(width)x\(height) pixels; at most \(Image.maximumPixelCount) are read, scale it down")
    }
    let image = Image(
      width: width, height: height, pixels: try format.pixels(of: bytes, size: size))
    let orientation =
      switch format {
      case .jpeg: Orientation(jpeg: bytes)
      case .png: Orientation(png: bytes)
      }
    self = image.turned(upright: orientation ?? .upright)
  }
}

private enum Format: String {
  case jpeg = "JPEG"
  case png = "PNG"

  init?(of bytes: [UInt8]) {
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else {
      return nil
    }
  }

  private var problem: String { "damaged, cut short or an unsupported kind of \(rawValue)" }

  func size(of bytes: [UInt8]) throws(ImageError) -> image_size {
    var size = image_size()
    try callCodec(problem) { message in
      switch self {
      case .jpeg: image_jpeg_size(bytes, bytes.count, &size, message)
      case .png: image_png_size(bytes, bytes.count, &size, message)
      }
    }
    return size
  }

  func pixels(of bytes: [UInt8], size: image_size) throws(ImageError) -> [UInt8] {
    var pixels = [UInt8](repeating: 0, count: Int(size.width) * Int(size.height) * 3)
    try callCodec(problem) { message in
      switch self {
      case .jpeg:
        image_jpeg_decode(
          bytes, bytes.count, size, Image.maximumScanCount, &pixels, message)
      case .png: image_png_decode(bytes, bytes.count, size, &pixels, message)
      }
    }
    return pixels
  }
}
