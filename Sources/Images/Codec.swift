import CImageCodecs

/// Calls a codec with room for its message, and throws `problem` and that message when it fails.
func callCodec(
  _ problem: String, _ codec: (UnsafeMutablePointer<CChar>) -> Int32
) throws(ImageError) {
  try withUnsafeTemporaryAllocation(
    of: CChar.self, capacity: Int(IMAGE_MESSAGE_CAPACITY)
  ) { message throws(ImageError) in
    guard codec(message.baseAddress!) != 0 else { return }
    throw ImageError("\(problem): \(String(cString: message.baseAddress!))")
  }
}
