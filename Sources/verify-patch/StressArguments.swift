import ArgumentParser
import Verification

/// Made-up cases that graphs' ends are fed.
struct StressArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Made-up cases that a graph's end is fed at least, 0 for none.", valueName: "n"))
  var stress = ComparisonOptions().stressCases
  @Option(help: "What the made-up cases are made from.") var seed = ComparisonOptions().stressSeed

  private static let limit = 1_000_000_000

  func validate() throws {
    guard (0...Self.limit).contains(stress) else {
      throw ValidationError("--stress is \(stress), expected 0 to \(Self.limit)")
    }
  }

  func apply(to options: inout ComparisonOptions) {
    options.stressCases = stress
    options.stressSeed = seed
  }
}
