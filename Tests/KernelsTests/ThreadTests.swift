import CKernels
import Foundation
import Kernels
import Testing

@Suite("Threads") struct ThreadTests {
  /// What a thread finds out about itself.
  private final class Finding: @unchecked Sendable {
    let isMade = DispatchSemaphore(value: 0)
    var processors: String?
  }

  /// The processors the calling thread may run on, as the system lists them.
  private static func allowedProcessors() -> String? {
    let status = try? String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
    return status?.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list") }.map(
      String.init)
  }

  /// Wherever it began, and however many processors there are.
  @Test(arguments: [0, 1, 2, 3, 1000]) func runsWhereItsCreatorMay(_ place: Int) throws {
    let expected = try #require(Self.allowedProcessors())
    let finding = Finding()
    let status = start_thread(
      { context in
        let finding = Unmanaged<Finding>.fromOpaque(context!).takeRetainedValue()
        finding.processors = ThreadTests.allowedProcessors()
        finding.isMade.signal()
      }, Unmanaged.passRetained(finding).toOpaque(), Int32(place))
    #expect(status == 0)
    finding.isMade.wait()
    #expect(finding.processors == expected)
  }

  @Test(arguments: [1, 2, 3, 7]) func everyIndexRunsOnce(_ threads: Int) {
    let team = ThreadTeam(threadCount: threads)
    nonisolated(unsafe) let counts = UnsafeMutableBufferPointer<Int>.allocate(capacity: 10_000)
    defer { counts.deallocate() }
    counts.initialize(repeating: 0)
    for _ in 0..<5 { team.forEach(counts.count) { index, _ in counts[index] += 1 } }
    #expect(counts.allSatisfy { $0 == 5 })
  }
}
