/// Adds up the seconds that pieces of work take.
struct Stopwatch {
  private let clock = ContinuousClock()
  private let start = ContinuousClock.now

  /// Since the stopwatch was made.
  var total: Figure { Figure(seconds(start.duration(to: .now))) }

  /// Runs `body` and adds its time to `sum`.
  func add<Result, Failure: Error>(
    to sum: inout Figure, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let begin = clock.now
    defer { sum.value += seconds(begin.duration(to: clock.now)) }
    return try body()
  }

  private func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }
}
