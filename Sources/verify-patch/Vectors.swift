import ArgumentParser
import Verification

struct Vectors: LimitedCommand {
  static let configuration = CommandConfiguration(
    commandName: "vectors",
    abstract: "Writes unit-test vectors for a graph's plugin.",
    discussion: """
      EXAMPLE

        verify-patch vectors patched.onnx -o vectors

      For who writes a plugin: made-up heads that no photograph would give (every class, ties, both \
      sides of the threshold, saturated and denormal numbers, NaN, at every place) with the outputs \
      they should give, as .raw and .npy files and Polygraphy's JSON; the plugin alone as a graph; a \
      manifest; and a README with the lines of trtexec and Polygraphy that use them. The folder \
      appears whole or not at all.
      """)

  @Argument(help: "A model that ends in a plugin.") var model: String
  @Option(name: .shortAndLong, help: "The folder to write: a new one, or one that is empty.")
  var output: String
  @Option(help: "Sets of made-up heads; each comes once with NaN and once without.")
  var cases = TestVectors.Options().caseCount
  @Option(help: "What the numbers are drawn with.") var seed = TestVectors.Options().seed
  @Option(help: "Images of each case, for graphs with a dynamic batch.") var batch: Int?
  @Option(
    help: ArgumentHelp(
      "Size of the network's input, for graphs with dynamic height and width.", valueName: "HxW"))
  var inputSize: InputSizeArgument?
  @Option(help: "Threads to use; all cores that are allowed by default.") var threads: Int?
  @OptionGroup var limits: LimitArguments

  func validate() throws {
    try validateThreads(threads)
    guard (1...1000).contains(cases) else {
      throw ValidationError("--cases is \(cases), expected 1 to 1000")
    }
    guard (1...1000).contains(batch ?? 1) else {
      throw ValidationError("--batch is \(batch!), expected 1 to 1000")
    }
  }

  func run() throws {
    var options = TestVectors.Options()
    options.caseCount = cases
    options.seed = seed
    options.batch = batch
    options.inputSize = inputSize.map { .fixed(height: $0.height, width: $0.width) }
    options.threads = threads
    do {
      let vectors = try TestVectors(model: model, options: options)
      try vectors.write(toFolder: output)
      for one in vectors.manifest.cases {
        print("\(output)/\(one.name)  \(one.rows.map(String.init).joined(separator: ", ")) rows")
      }
    } catch let error as UsageError {
      throw ValidationError(error.description)
    } catch {
      Console.error("\(error)")
      throw ExitCode(Verdict.undecided.exitStatus)
    }
  }
}
