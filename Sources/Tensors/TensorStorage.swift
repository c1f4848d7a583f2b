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

  /// Memory of its own, uninitialised.
  package init(byteCount: Int) {
    bytes = .allocate(byteCount: max(byteCount, 1), alignment: TensorStorage.alignment)
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
