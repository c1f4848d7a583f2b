import Glibc
import Synchronization

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
    try self.init(closing: descriptor, path: path)
  }

  /// Maps an open file and closes the descriptor.
  ///
  /// - Parameter path: the file as errors name it.
  package init(closing descriptor: Int32, path: String) throws(TensorError) {
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw TensorError(systemReason(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw TensorError("not a regular file") }
    InputFiles.note(status)
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else { throw TensorError(systemReason(errno)) }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
    MappedRegions.add(bytes, path: path)
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
      MappedRegions.remove(start)
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}

extension MappedFile {
  /// Has a thread that reads where a mapped file has been cut off meanwhile stop for good, instead of
  /// ending the process by SIGBUS; ``truncatedPath`` then names the file, and somebody has to look at
  /// it.
  package static func guardAgainstTruncation() {
    guard truncatedPath == nil else { return }
    var action = sigaction()
    action.__sigaction_handler.sa_sigaction = { _, information, _ in
      MappedRegions.noteFault(
        at: information.map { UInt(bitPattern: $0.pointee._sifields._sigfault.si_addr) } ?? 1)
      while true { pause() }
    }
    action.sa_flags = Int32(SA_SIGINFO)
    sigaction(SIGBUS, &action, nil)
  }

  /// The file that was cut off while it was read.
  package static var truncatedPath: String? { MappedRegions.faultedPath }
}

/// Where files are mapped.
private enum MappedRegions {
  private static let paths = Mutex<[UInt: (end: UInt, path: String)]>([:])
  /// The first address that could not be read; a signal handler may not wait for a lock.
  private static let faulted = Atomic<UInt>(0)

  static func add(_ bytes: UnsafeRawBufferPointer, path: String) {
    let start = UInt(bitPattern: bytes.baseAddress)
    paths.withLock { $0[start] = (start + UInt(bytes.count), path) }
  }

  static func remove(_ start: UnsafeRawPointer) {
    paths.withLock { _ = $0.removeValue(forKey: UInt(bitPattern: start)) }
  }

  static func noteFault(at address: UInt) {
    _ = faulted.compareExchange(
      expected: 0, desired: max(address, 1), ordering: .sequentiallyConsistent)
  }

  static var faultedPath: String? {
    let address = faulted.load(ordering: .relaxed)
    guard address != 0 else { return nil }
    return paths.withLock { paths in
      paths.first { $0.key <= address && address < $0.value.end }?.value.path ?? "a file"
    }
  }
}
