import ArgumentParser

/// How much memory and time a command may take.
struct LimitArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Memory the command may take, in MB, all counted; 2048, or less where the system allows less.",
      valueName: "MB"))
  var maxMemory: Int?
  @Option(help: ArgumentHelp("Time the command may take.", valueName: "s"))
  var maxSeconds = Supervisor.standardSeconds

  func validate() throws {
    guard maxMemory.map({ (64...1 << 24).contains($0) }) ?? true else {
      throw ValidationError("--max-memory is \(maxMemory!), expected 64 to \(1 << 24) MB")
    }
    guard (1...1_000_000).contains(maxSeconds) else {
      throw ValidationError("--max-seconds is \(maxSeconds), expected 1 to 1000000")
    }
  }
}

/// A command that reads files of others.
protocol LimitedCommand: ParsableCommand {
  var limits: LimitArguments { get }
}
