import ArgumentParser
import Dumps
import Tensors
import Verification

struct Decode: LimitedCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Runs only a graph's plugin, on given heads.",
    discussion: """
      EXAMPLES

        verify-patch decode patched.onnx heads.npz --save decoded.npz
        verify-patch decode patched.onnx heads.npz --against engine.json

      For who writes a plugin: the network in front of it is left out, its inputs are taken from \
      files. HEADS holds all of them, in any of the formats that 'dump' takes; --input gives one by \
      its name. With --against, what an engine made of the same heads is held against the result, \
      with tolerances for the plugin's own arithmetic alone, and the exit status is that of 'dump'.

      'verify-patch vectors' writes heads to try, and a graph of the plugin alone.
      """)

  @Argument(help: "A model that ends in a plugin.") var model: String
  @Argument(help: "The plugin's inputs: a file or a folder.") var heads: String?
  @Option(
    name: .customLong("input"),
    help: ArgumentHelp("A tensor for an input of the plugin.", valueName: "name=file"))
  var inputs: [NamedFile] = []
  @Option(help: ArgumentHelp("What an engine made of the heads.", valueName: "dump"))
  var against: String?
  @Option(help: "What the engine computes in: fp32, tf32 or fp16.")
  var engine = DumpOptions().engine
  @Option(
    name: .customLong("run"),
    help: "Which run of a dump that holds several, counted from 0; all by default.")
  var runIndex: Int?
  @OptionGroup var detection: DetectionArguments
  @OptionGroup var tolerances: ToleranceArguments
  @Option(help: ArgumentHelp("Save the outputs.", valueName: "file.npz")) var save: String?
  @Option(help: "Threads to use; all cores that are allowed by default.") var threads: Int?
  @Option(
    help: "Write the rows, or the comparison, as JSON to this file; to standard output with '-'.")
  var json: String?
  @OptionGroup var limits: LimitArguments

  func validate() throws {
    try validateThreads(threads)
    guard heads != nil || !inputs.isEmpty else {
      throw ValidationError("no heads are given; name a file of them, or each with --input")
    }
  }

  func run() throws {
    let decoding: Decoding
    var report: Report?
    do {
      decoding = try Decoding(model: model, heads: try givenHeads(), threads: threads)
      if let save { try decoding.outputs.write(toFile: save) }
      if let against { report = try compare(decoding, with: against) }
    } catch let error as UsageError {
      throw ValidationError(error.description)
    } catch {
      Console.error("\(error)")
      throw ExitCode(Verdict.undecided.exitStatus)
    }
    guard let report else {
      try Console.report(decoding.summary.text, json: json, decoding.summary)
      return
    }
    try Console.report(report.text, json: json, report)
    throw ExitCode(report.verdict.exitStatus)
  }

  private func compare(_ decoding: Decoding, with path: String) throws -> Report {
    var options = DumpOptions()
    options.engine = engine
    options.run = runIndex
    detection.apply(to: &options.comparison)
    tolerances.apply(to: &options.comparison)
    return try decoding.compare(with: try Dump(contentsOf: path), path: path, options: options)
  }

  private func givenHeads() throws -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    if let heads {
      for entry in try singleRun(of: heads).entries { tensors[entry.name] = entry.tensor }
    }
    for input in inputs {
      let entries = try singleRun(of: input.file).entries
      let entry = entries.count == 1 ? entries[0] : entries.first { $0.name == input.name }
      guard let entry else {
        throw TensorError(
          "\(input.file): \(entries.count) tensors, none of them '\(shown: input.name)'; expected one"
        )
      }
      tensors[input.name] = entry.tensor
    }
    return tensors
  }

  private func singleRun(of path: String) throws -> TensorArchive {
    let runs = try Dump(contentsOf: path).runs
    guard runs.count == 1 else {
      throw TensorError("\(path): \(runs.count) runs, expected the heads of one")
    }
    return runs[0].tensors
  }
}
