import ArgumentParser
import Kernels
import Verification

/// In which arithmetic graphs are run.
struct PrecisionArguments: ParsableArguments {
  enum Precision: String, CaseIterable, ExpressibleByArgument {
    case float32, float64
  }

  @Option(help: "float64 runs the graphs in double precision, to tell what is rounding.")
  var precision = Precision.float32
  @Option(help: "Round as an engine does: fp16, bf16 or tf32.") var simulate: NarrowFormat?
  @Flag(
    name: .customLong("simulate-heads-only"),
    help: "Round the head maps alone, not weights and every tensor.")
  var simulateHeadsOnly = false

  func validate() throws {
    guard simulate != nil || !simulateHeadsOnly else {
      throw ValidationError("--simulate-heads-only goes with --simulate")
    }
  }

  var simulation: Simulation? { simulate.map { Simulation($0, headsOnly: simulateHeadsOnly) } }
}

extension NarrowFormat: ExpressibleByArgument {}
