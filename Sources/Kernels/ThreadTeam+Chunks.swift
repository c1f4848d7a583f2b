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

  /// What `transform` makes of each element, on all threads.
  package func map<Element, Result>(
    _ elements: [Element], _ transform: (Element) -> Result
  ) -> [Result] {
    [Result](unsafeUninitializedCapacity: elements.count) { results, count in
      nonisolated(unsafe) let (results, elements) = (results, elements)
      forEachIndex(elements.count) { index in
        results.initializeElement(at: index, to: transform(elements[index]))
      }
      count = elements.count
    }
  }

  /// What two functions return, run side by side where the team has two threads.
  package func both<First, Second>(
    _ first: () -> First, _ second: () -> Second
  ) -> (First, Second) {
    var results: (First?, Second?)
    withUnsafeMutablePointer(to: &results) { results in
      nonisolated(unsafe) let results = results
      forEachIndex(2) { index in
        if index == 0 { results.pointee.0 = first() } else { results.pointee.1 = second() }
      }
    }
    return (results.0!, results.1!)
  }
}
