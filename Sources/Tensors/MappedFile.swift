import Glibc

/// A regular file mapped read-only into memory.
///
/// The bytes stay in place as long as the mapping lives.
package final class MappedFile: @unchecked Sendable {
  package let bytes: UnsafeRawBufferPointer

  /// Maps the file at `path`, following symbolic links.
  package convenience init(path: String) throws(TensorError) {
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw TensorError(systemReason(errno)) }
    try self.init(closing: descriptor)
  }

  /// Maps an open file and closes the descriptor.
  package init(closing descriptor: Int32) throws(TensorError) {
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw TensorError(systemReason(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw TensorError("not a regular file") }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else { throw TensorError(systemReason(errno)) }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}
