/// The threads a run may use.
package final class ThreadTeam: Sendable {
  package let threadCount: Int

  package init(threadCount: Int) { self.threadCount = threadCount }

  /// Calls `body` once for every index below `count`, on all threads, and returns when all are done.
  ///
  /// Which thread takes which index is not fixed; results must not depend on it.
  package func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
    for index in 0..<count { body(index) }
  }
}
