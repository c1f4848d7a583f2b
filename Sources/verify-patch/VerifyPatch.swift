import ArgumentParser
import Kernels
import Tensors
import Verification

@main
struct VerifyPatch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify-patch",
    abstract: "Says whether an ONNX detector and its TensorRT-patched version detect the same.",
    discussion: """
      EXAMPLE

        verify-patch original.onnx patched.onnx photo.jpg

      Exit status: 0 equivalent, 1 different, 2 undecided (a file that cannot be read, a graph that \
      cannot be run, or nothing to compare), 64 wrong usage. --version --verbose tells which kernels \
      are in use.
      """,
    version: Release.version,
    subcommands: [
      Compare.self, PatchCommand.self, Simplify.self, Extract.self, Check.self, GoldenCommand.self,
      DumpCommand.self, Decode.self, Vectors.self, Layers.self, Run.self, Inspect.self,
    ],
    defaultSubcommand: Compare.self)

  static func main() {
    ProcessMemory.keepWhatIsFreed()
    if let problem = InstructionSet.problem {
      Console.error(problem)
      exit(withError: ExitCode.validationFailure)
    }
    do {
      if Set(CommandLine.arguments.dropFirst()) == ["--version", "--verbose"] {
        print(configuration.version, KernelsInUse.text, separator: "\n")
        return
      }
      try checkArguments()
      var command = try parseAsRoot()
      if let limits = (command as? any LimitedCommand)?.limits {
        try OutputFiles(Array(CommandLine.arguments.dropFirst())).checkApart()
        Supervisor.start(memory: limits.maxMemory.map { $0 << 20 }, seconds: limits.maxSeconds)
      }
      try command.run()
      try Console.checkDelivery()
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      Console.error(message(for: error) + " (see verify-patch --help)")
      exit(withError: ExitCode.validationFailure)
    }
  }

  /// Throws for an argument that is no UTF-8: it would become another name.
  private static func checkArguments() throws {
    for (place, argument) in CommandLine.arguments.enumerated() {
      guard let bytes = CommandLine.unsafeArgv[place],
        String(validatingCString: bytes) == nil
      else { continue }
      throw ValidationError("argument \(place) is no UTF-8: '\(shown: argument)'")
    }
  }
}
