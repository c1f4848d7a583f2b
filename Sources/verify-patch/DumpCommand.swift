import ArgumentParser
import Verification

struct DumpCommand: LimitedCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Holds what an engine wrote against the reference of its graph.",
    discussion: """
      EXAMPLES

        verify-patch dump patched.onnx photo.jpg engine.json
        verify-patch dump patched.onnx photo.jpg bindings --engine fp16

      The graph is run here on the image the engine was fed, and what the engine wrote is compared \
      with that: cells, candidates and detections, whatever the order of rows. A dump is trtexec's \
      JSON of --exportOutput, its .raw files of --dumpRawBindingsToFile or its debug tensors (a \
      file or their folder), Polygraphy's JSON of --save-outputs, an .npy or an .npz file. Tensors \
      are known by their names, else by shape and type.

      Exit status: 0 equivalent, 1 different, 2 undecided, 64 wrong usage.
      """)

  @Argument(help: "The model that the engine was built from.") var model: String
  @Argument(
    help: "The JPEG or PNG image that the engine was fed, or its input as an .npy tensor.")
  var image: String
  @Argument(help: "What the engine wrote: a file or a folder.") var dump: String

  @Option(help: "What the engine computes in: fp32, tf32 or fp16.")
  var engine = DumpOptions().engine
  @Option(
    name: .customLong("run"),
    help: "Which run of a dump that holds several, counted from 0; all by default.")
  var runIndex: Int?
  @OptionGroup var detection: DetectionArguments
  @OptionGroup var preparation: ImageArguments
  @OptionGroup var tolerances: ToleranceArguments
  @Option(help: "Threads to use; all cores that are allowed by default.") var threads: Int?
  @OptionGroup var report: ReportArguments
  @OptionGroup var limits: LimitArguments

  func validate() throws { try validateThreads(threads) }

  func run() throws {
    var options = DumpOptions()
    options.engine = engine
    options.run = runIndex
    detection.apply(to: &options.comparison)
    tolerances.apply(to: &options.comparison)
    options.comparison.preprocessing = preparation.preprocessing
    options.comparison.inputSize = preparation.size
    options.comparison.threads = threads
    options.comparison.hashesModels = report.json != nil

    let found: Report
    do {
      found = try compareDump(model: model, image: image, dump: dump, options: options)
    } catch {
      throw ValidationError(error.description)
    }
    try report.publish(found)
  }
}

extension EnginePrecision: ExpressibleByArgument {}
