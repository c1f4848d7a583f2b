import CZlib

/// The CRC-32 of `bytes`.
///
/// - Parameter before: the checksum of what stands before the bytes.
func crc32(_ bytes: UnsafeRawBufferPointer, after before: Int = 0) -> Int {
  Int(
    CZlib.crc32_z(UInt(before), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
  )
}

/// The `count` bytes that `packed` deflates to.
func inflate(_ packed: CheckedBytes, count: Int) throws(TensorError) -> [UInt8] {
  var inflated = [UInt8](repeating: 0, count: count)
  var stream = z_stream()
  let isRaw: Int32 = -MAX_WBITS
  guard packed.count <= UInt32.max, count <= UInt32.max,
    inflateInit2_(&stream, isRaw, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  else { throw TensorError("cannot be unpacked: too large") }
  defer { inflateEnd(&stream) }
  let status = inflated.withUnsafeMutableBytes { target in
    stream.next_in = UnsafeMutableRawPointer(mutating: packed.region.baseAddress)?
      .assumingMemoryBound(to: UInt8.self)
    stream.avail_in = UInt32(packed.count)
    stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = UInt32(count)
    return CZlib.inflate(&stream, Z_FINISH)
  }
  guard status == Z_STREAM_END, stream.avail_out == 0, stream.avail_in == 0 else {
    throw TensorError("cannot be unpacked: the file is damaged")
  }
  return inflated
}
