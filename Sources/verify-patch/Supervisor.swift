import FoundationEssentials
import Glibc
import Interpreter
import Kernels
import Synchronization
import Tensors
import Verification

/// Watches over the process from a thread of its own: what would take too much memory or time ends in
/// a line and exit status 2, and nothing half-written stays behind, also when a signal ends it.
///
/// What is known to be too much is refused before it is begun (``RunLimits``). This is for the rest: it
/// looks fifty times a second.
enum Supervisor {
  /// Bytes and seconds that a command may take where nothing else is said.
  static let standardMemory = 2 << 30
  static let standardSeconds = 600

  private static let interval = 20_000_000
  private static let endingSignals = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGXCPU]

  /// Starts it; before any other thread, all of which are to leave signals to it.
  static func start(memory asked: Int?, seconds: Int) {
    let memory = min(asked ?? standardMemory, allowedMemory)
    RunLimits.setStandardMemory(memory / 4 * 3)
    InputFiles.beginNoting()
    MappedFile.guardAgainstTruncation()
    // A closed pipe and a file that grows too large are errors of the write, said as such.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in endingSignals { sigaddset(&signals, number) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let watched = signals
    let start = ContinuousClock.now
    startThread(beside: 0) {
      watch(watched, memory: memory, until: start + .seconds(seconds), seconds: seconds)
    }
  }

  private static func watch(
    _ signals: sigset_t, memory: Int, until end: ContinuousClock.Instant, seconds: Int
  ) {
    var (signals, pause) = (signals, timespec(tv_sec: 0, tv_nsec: interval))
    let statistics = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    while true {
      let number = sigtimedwait(&signals, nil, &pause)
      if number > 0 { Drafts.removeAll { die(of: number) } }
      if let path = MappedFile.truncatedPath {
        refuse("\(path): was cut short while it was read; run again when nothing writes to it")
      }
      if ContinuousClock.now >= end {
        refuse(
          "takes longer than the limit of \(seconds) s; use a smaller input or --max-seconds")
      }
      if let bytes = ownMemory(statistics), bytes > memory {
        refuse(
          "takes \(bytes >> 20) MB of memory, more than the limit of \(memory >> 20) MB; use a "
            + "smaller input or --max-memory")
      }
    }
  }

  private static func refuse(_ message: String) -> Never {
    Console.error(message)
    Drafts.removeAll { _exit(Verdict.undecided.exitStatus) }
  }

  private static func die(of number: Int32) -> Never {
    signal(number, SIG_DFL)
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, number)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    kill(getpid(), number)
    _exit(128 + number)
  }

  /// Bytes that the process holds beside files that are mapped.
  private static func ownMemory(_ statistics: Int32) -> Int? {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 128) { buffer in
      let count = pread(statistics, buffer.baseAddress!, buffer.count, 0)
      guard count > 0 else { return nil }
      var numbers = [0]
      for byte in buffer[..<count] {
        if (48...57).contains(byte) {
          numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int(byte) - 48
        } else {
          numbers.append(0)
        }
      }
      // Pages: of all, in memory, and of those in memory the ones of files.
      return numbers.count > 3 ? (numbers[1] - numbers[2]) * Int(getpagesize()) : nil
    }
  }

  /// What the system lets the process have: `ulimit -v`, `-d`, and a cgroup's limit.
  private static var allowedMemory: Int {
    var allowed = Int.max
    for resource in [RLIMIT_AS, RLIMIT_DATA] {
      var limit = rlimit()
      guard getrlimit(resource.forCall, &limit) == 0, limit.rlim_cur < rlim_t(Int.max) else {
        continue
      }
      // The program itself, its threads and the files it maps take address space, too.
      allowed = min(allowed, Int(limit.rlim_cur) / 2)
    }
    for file in ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"] {
      if let text = try? String(contentsOfFile: file, encoding: .utf8),
        let bytes = Int(text.filter { !$0.isWhitespace })
      {
        allowed = min(allowed, bytes / 10 * 9)
      }
    }
    return allowed
  }
}

extension __rlimit_resource {
  fileprivate var forCall: __rlimit_resource_t { __rlimit_resource_t(rawValue) }
}
