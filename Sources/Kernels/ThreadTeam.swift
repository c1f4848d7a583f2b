import CKernels
import FoundationEssentials
import Glibc
import Synchronization

/// The threads a run may use: the caller's own and `threadCount - 1` workers.
///
/// Workers sleep until a run begins (``whileAwake(_:)``) and spin between its parallel loops, so that
/// a loop of some tens of microseconds gains from a second thread.
package final class ThreadTeam: Sendable {
  package let threadCount: Int
  private let shared: SharedState

  /// - Parameter threadCount: at least 1; 1 starts no worker.
  package init(threadCount: Int) {
    self.threadCount = max(threadCount, 1)
    shared = SharedState()
    for worker in 1..<self.threadCount {
      let shared = shared
      startThread(beside: worker) { shared.work(as: worker) }
    }
  }

  deinit { shared.stop() }

  /// Keeps the workers ready for parallel loops while `body` runs.
  package func whileAwake<R>(_ body: () throws -> R) rethrows -> R {
    guard threadCount > 1 else { return try body() }
    shared.wake()
    defer { shared.rest() }
    return try body()
  }

  /// Calls `body` once for every index below `count`, on all threads, and returns when all are done.
  ///
  /// Which thread takes which index is not fixed; results must not depend on it. Loops do not nest,
  /// and only one caller at a time may use a team.
  ///
  /// - Parameter body: takes the index and the number of the thread it runs on.
  package func forEach(_ count: Int, _ body: @Sendable (_ index: Int, _ worker: Int) -> Void) {
    guard threadCount > 1, count > 1 else {
      for index in 0..<count { body(index, 0) }
      return
    }
    whileAwake { shared.distribute(count, body) }
  }
}

extension ThreadTeam {
  /// As many threads as the process may use at once: processors, or less under a cgroup's quota.
  package static var availableThreads: Int {
    let processors = ProcessInfo.processInfo.activeProcessorCount
    guard let text = try? String(contentsOfFile: "/sys/fs/cgroup/cpu.max", encoding: .utf8) else {
      return processors
    }
    let fields = text.split(whereSeparator: \.isWhitespace).map { Double($0) }
    guard fields.count == 2, let quota = fields[0], let period = fields[1], period > 0 else {
      return processors
    }
    return max(1, min(processors, Int((quota / period).rounded(.up))))
  }
}

/// What the threads of a team share.
///
/// A loop is published as a ticket: its number in the upper half, the indices not yet taken in the
/// lower. A thread takes an index by counting the lower half down, which fails once the loop is
/// over; so a late worker never runs anything, and the caller waits only for indices really taken.
private final class SharedState: @unchecked Sendable {
  private typealias Body = @Sendable (Int, Int) -> Void

  private let ticket = Atomic<UInt64>(0)
  private let completed = Atomic<Int>(0)
  private let awake = Atomic<Int>(0)
  private let stopped = Atomic<Bool>(false)
  private let condition = Condition()

  // Written before a ticket is published and read only by holders of one of its indices.
  private var body: UnsafePointer<Body>?
  private var count = 0

  func wake() {
    if awake.add(1, ordering: .acquiringAndReleasing).newValue == 1 {
      condition.broadcast()
    }
  }

  func rest() { awake.subtract(1, ordering: .releasing) }

  func stop() {
    stopped.store(true, ordering: .releasing)
    condition.broadcast()
  }

  func distribute(_ count: Int, _ body: @Sendable (Int, Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        self.body = pointer
        self.count = count
        completed.store(0, ordering: .relaxed)
        let loop = (ticket.load(ordering: .relaxed) >> 32) &+ 1
        ticket.store(loop << 32 | UInt64(count), ordering: .releasing)
        takeIndices(as: 0)
        while completed.load(ordering: .acquiring) < count { spin() }
      }
    }
  }

  func work(as worker: Int) {
    while !stopped.load(ordering: .acquiring) {
      condition.wait {
        awake.load(ordering: .acquiring) > 0 || stopped.load(ordering: .acquiring)
      }
      var idleRounds = 0
      while awake.load(ordering: .acquiring) > 0, !stopped.load(ordering: .relaxed) {
        if takeIndices(as: worker) {
          idleRounds = 0
        } else if idleRounds < 2000 {
          idleRounds += 1
          spin()
        } else {
          sched_yield()
        }
      }
    }
  }

  /// Runs indices of the published loop until none is left; whether there was one.
  @discardableResult
  private func takeIndices(as worker: Int) -> Bool {
    var took = false
    var seen = ticket.load(ordering: .acquiring)
    while seen & 0xffff_ffff != 0 {
      let (exchanged, original) = ticket.compareExchange(
        expected: seen, desired: seen &- 1, ordering: .acquiringAndReleasing)
      guard exchanged else {
        seen = original
        continue
      }
      body!.pointee(count - Int(seen & 0xffff_ffff), worker)
      completed.add(1, ordering: .releasing)
      took = true
      seen = ticket.load(ordering: .acquiring)
    }
    return took
  }

  private func spin() { spin_pause() }
}
