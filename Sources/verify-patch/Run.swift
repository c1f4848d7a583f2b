import ArgumentParser
import FoundationEssentials
import Interpreter
import ONNXGraph
import Tensors
import Verification

struct Run: LimitedCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs a model on tensors or images and saves what it gives.",
    discussion: """
      EXAMPLE

        verify-patch run original.onnx --image images=photo.jpg --save outputs.npz
      """)

  @Argument(help: "An ONNX model.") var model: String
  @Option(
    name: .customLong("input"),
    help: ArgumentHelp("A tensor for an input.", valueName: "name=file.npy"))
  var inputs: [NamedFile] = []
  @Option(
    name: .customLong("image"),
    help: ArgumentHelp("An image for an input.", valueName: "name=file.jpg"))
  var images: [NamedFile] = []
  @OptionGroup var preparation: ImageArguments
  @Option(
    name: .customLong("tensor"),
    help: ArgumentHelp("A tensor to keep beside the outputs.", valueName: "name"))
  var tensors: [String] = []
  @OptionGroup var precision: PrecisionArguments
  @Option(help: ArgumentHelp("Save all outputs and kept tensors.", valueName: "file.npz"))
  var save: String?
  @OptionGroup var computing: ComputeArguments
  @Option(name: .customLong("repeat"), help: "How often to run.") var repeats = 1
  @Flag(help: "Tell how long each step takes (the median of the runs) beside the processor's peak.")
  var profile = false
  @Option(help: "Write the summary as JSON to this file, or to standard output with '-'.")
  var json: String?
  @OptionGroup var limits: LimitArguments

  func validate() throws {
    guard repeats >= 1 else {
      throw ValidationError("--repeat is \(repeats), expected at least 1")
    }
    guard precision.simulation == nil || precision.precision == .float32 else {
      throw ValidationError("--precision float64 and --simulate exclude each other")
    }
    let names = (inputs + images).map(\.name)
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw ValidationError("input '\(shown: twice)' is given twice")
    }
  }

  func run() throws {
    let run: ModelRun
    do {
      run = try makeRun()
      if let save {
        try TensorArchive(
          run.outputs.map { TensorArchive.Entry(name: $0.name, tensor: $0.tensor) }
        ).write(toFile: save)
      }
    } catch let error as UsageError {
      throw ValidationError(error.description)
    } catch {
      Console.error("\(error)")
      throw ExitCode(Verdict.undecided.exitStatus)
    }
    try Console.report(run.summary.text, json: json, run.summary)
  }

  private var arithmetic: Arithmetic {
    if let simulation = precision.simulation { return .simulated(simulation) }
    return precision.precision == .float64 ? .float64 : .asWritten
  }

  private func makeRun() throws -> ModelRun {
    let start = ContinuousClock.now
    let loaded = try Model(contentsOfFile: model)
    let elapsed = start.duration(to: .now)
    var feeds: [String: Tensor] = [:]
    for input in inputs { feeds[input.name] = try Tensor(npyFile: input.file) }
    for image in images {
      feeds[image.name] = try imageTensor(
        image.file, for: image.name, of: loaded, path: model, inputSize: preparation.size,
        preprocessing: preparation.preprocessing)
    }
    do {
      return try ModelRun(
        consume loaded, inputs: feeds, keeping: tensors, arithmetic: arithmetic,
        threads: computing.threads, convolution: computing.method, repeats: repeats,
        profiles: profile, loadSeconds: elapsed / .seconds(1))
    } catch {
      throw NamedError("\(model): \(error)")
    }
  }
}

/// `NAME=FILE` on the command line.
struct NamedFile: ExpressibleByArgument {
  let name: String
  let file: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    name = String(parts[0])
    file = String(parts[1])
  }
}
