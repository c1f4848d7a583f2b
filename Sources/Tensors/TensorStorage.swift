import Foundation

/// The bytes behind one or more tensors; immutable once a tensor has been made of it.
///
/// This is the one place where tensor memory is held by address. The address stays valid as long
/// as the storage lives.
package final class TensorStorage: @unchecked Sendable {
  /// Alignment of owned memory: a cache line, and the widest vector register.
  package static let alignment = 64

  package let bytes: UnsafeMutableRawBufferPointer
  private let release: (() -> Void)?

  /// From this size on, memory is asked for in huge pages: touching it for the first time in small
  /// ones costs more than most operators.
  private static let hugePage = 2 << 20

  /// Memory of its own, uninitialised.
  package init(byteCount: Int) {
    bytes = .allocate(byteCount: max(byteCount, 1), alignment: TensorStorage.alignment)
    #if os(Linux)
      // Advice alone: where it is not taken, the memory is the same. Blocks are not aligned to huge
      // pages, which would leave gaps that freed memory could not be used again for.
      if byteCount >= TensorStorage.hugePage {
        let page = 4096
        let offset = -Int(bitPattern: bytes.baseAddress!) & (page - 1)
        _ = madvise(bytes.baseAddress! + offset, bytes.count - offset, MADV_HUGEPAGE)
      }
    #endif
    release = nil
  }

  /// Memory that `owner` keeps alive and in place, and nobody writes to.
  package init(borrowing region: UnsafeRawBufferPointer, owner: AnyObject) {
    bytes = UnsafeMutableRawBufferPointer(mutating: region)
    release = { withExtendedLifetime(owner) {} }
  }

  deinit {
    if let release { release() } else { bytes.deallocate() }
  }
}
