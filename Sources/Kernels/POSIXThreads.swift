import CKernels
import Glibc

/// A condition that threads wait for, by a mutex and a condition variable of POSIX threads.
final class Condition: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let variable = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(variable, nil)
  }

  deinit {
    pthread_cond_destroy(variable)
    pthread_mutex_destroy(mutex)
    variable.deallocate()
    mutex.deallocate()
  }

  /// Has all who wait look again; to be called after the change.
  func broadcast() {
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(variable)
    pthread_mutex_unlock(mutex)
  }

  /// Returns once `isMet` says so, which is asked at first and at every broadcast.
  func wait(until isMet: () -> Bool) {
    pthread_mutex_lock(mutex)
    while !isMet() { pthread_cond_wait(variable, mutex) }
    pthread_mutex_unlock(mutex)
  }
}

/// Runs `body` on a thread of its own, if the system has one to give.
///
/// - Parameter place: which of the processors after the caller's, in a circle, it begins on.
package func startThread(beside place: Int, _ body: @escaping @Sendable () -> Void) {
  final class Start: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  let start = Unmanaged.passRetained(Start(body))
  let status = start_thread(
    { Unmanaged<Start>.fromOpaque($0!).takeRetainedValue().body() }, start.toOpaque(),
    Int32(truncatingIfNeeded: place))
  if status != 0 { start.release() }
}
