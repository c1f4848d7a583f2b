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

  /// Lets go of the memory that bytes of the file take; whoever reads them again gets them again.
  func release(_ part: UnsafeRawBufferPointer) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    guard let start = part.baseAddress?.alignedUp(toMultipleOf: page) else { return }
    let count = ((part.baseAddress! + part.count).alignedDown(toMultipleOf: page)) - start
    // Advice alone: where it is not taken, the memory is taken longer.
    if count > 0 { madvise(UnsafeMutableRawPointer(mutating: start), count, MADV_DONTNEED) }
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}
