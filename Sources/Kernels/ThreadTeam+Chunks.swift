extension ThreadTeam {
  /// Elements one task of an elementwise loop takes: enough to outweigh handing the task out, and
  /// fixed, so that chunk boundaries do not depend on the number of threads.
  package static let chunkSize = 32_768

  /// Calls `body` once for every index below `count`, on all threads.
  ///
  /// `body` runs on several threads at once, and must write to different memory in each call.
  package func forEachIndex(_ count: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      nonisolated(unsafe) let body = body
      forEach(count) { index, _ in body(index) }
    }
  }

  /// Calls `body` for consecutive ranges of at most `chunk` of the first `count` integers, on all
  /// threads.
  ///
  /// The ranges depend on `count` and `chunk` alone. `body` runs on several threads at once, and must
  /// write to different memory in each call.
  package func forEachChunk(
    of count: Int, chunk: Int = ThreadTeam.chunkSize, _ body: (Range<Int>) -> Void
  ) {
    forEachIndex((count + chunk - 1) / chunk) { index in
      body(index * chunk..<min((index + 1) * chunk, count))
    }
  }
}
