import Glibc
import Synchronization

/// The bytes behind one or more tensors; immutable once a tensor has been made of it.
///
/// This is the one place where tensor memory is held by address. The address stays valid as long
/// as the storage lives.
package final class TensorStorage: @unchecked Sendable {
  /// Alignment of owned memory: a cache line, and the widest vector register.
  package static let alignment = 64

  package let bytes: UnsafeMutableRawBufferPointer
  private let release: () -> Void
  /// The file the bytes are borrowed from.
  private let file: MappedFile?
  private let alignedCopy = Mutex<TensorStorage?>(nil)

  /// From this size on, memory is asked for in huge pages: touching it for the first time in small
  /// ones costs more than most operators.
  private static let hugePage = 2 << 20

  /// Memory of its own, uninitialised.
  package init(byteCount: Int) {
    // An allocator that aligns looks for more than it gives back, so that a block just freed is too
    // small for the next of its size: the next run's tensors would never take the last run's place.
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: byteCount + TensorStorage.alignment, alignment: 1)
    let start = block.alignedUp(toMultipleOf: TensorStorage.alignment)
    bytes = UnsafeMutableRawBufferPointer(start: start, count: max(byteCount, 1))
    release = { block.deallocate() }
    file = nil
    #if os(Linux)
      // Advice alone: where it is not taken, the memory is the same.
      if byteCount >= TensorStorage.hugePage {
        let page = start.alignedUp(toMultipleOf: 4096)
        _ = madvise(page, bytes.count - (page - start), MADV_HUGEPAGE)
      }
    #endif
  }

  /// Memory that `owner` keeps alive and in place, and nobody writes to.
  package init(borrowing region: UnsafeRawBufferPointer, owner: AnyObject) {
    bytes = UnsafeMutableRawBufferPointer(mutating: region)
    release = { withExtendedLifetime(owner) {} }
    file = owner as? MappedFile
  }

  deinit { release() }

  /// From this size on, it is worth interrupting all threads to let go of memory.
  private static let leastReleased = 1 << 20

  /// Lets go of memory that the bytes take of a mapped file, if it is much; they can be read as
  /// before.
  package func releaseFilePages() {
    guard bytes.count >= TensorStorage.leastReleased else { return }
    file?.release(UnsafeRawBufferPointer(bytes))
  }

  /// Where numbers that have to stand at multiples of `alignment` can be read: the bytes themselves,
  /// or a copy, which is made when first asked for and kept.
  package func aligned(to alignment: Int) -> UnsafeMutableRawPointer {
    let start = bytes.baseAddress!
    guard Int(bitPattern: start) % alignment != 0 else { return start }
    return alignedCopy.withLock { copy in
      if let copy { return copy.bytes.baseAddress! }
      let made = TensorStorage(byteCount: bytes.count)
      made.bytes.copyMemory(from: UnsafeRawBufferPointer(bytes))
      copy = made
      return made.bytes.baseAddress!
    }
  }
}
