import ArgumentParser
import Verification

struct Layers: LimitedCommand {
  static let configuration = CommandConfiguration(
    commandName: "layers",
    abstract: "Shows where two graphs that should agree drift apart, layer by layer.",
    discussion: """
      EXAMPLE

        verify-patch layers original.onnx patched.onnx photo.jpg

      Tensors are paired by content, then by name, then by structure, and measured against both \
      graphs in float64. Exit status: 0 no layer is beyond its noise floor, 1 one is, 2 undecided.
      """)

  @Argument(help: "The model as it was exported.") var original: String
  @Argument(help: "The model that should compute the same.") var patched: String
  @Argument(help: "A JPEG or PNG image, or an .npy tensor that is fed as it is.") var image: String

  @OptionGroup var preparation: ImageArguments
  @Option(
    help: ArgumentHelp(
      "Write the first layer beyond its noise floor, cut out of both graphs, with its inputs and "
        + "outputs to this new folder.", valueName: "folder"))
  var extract: String?
  @OptionGroup var computing: ComputeArguments
  @Option(help: "Write the report as JSON to this file, or to standard output with '-'.")
  var json: String?
  @OptionGroup var limits: LimitArguments

  func run() throws {
    var options = ComparisonOptions()
    options.preprocessing = preparation.preprocessing
    options.inputSize = preparation.size
    options.threads = computing.threads
    options.convolution = computing.method
    options.hashesModels = json != nil
    let report: LayersReport
    do {
      report = try compareLayers(
        original: original, patched: patched, image: image, options: options, extractingTo: extract)
    } catch {
      throw ValidationError(error.description)
    }
    for failure in report.failures { Console.error(failure) }
    try Console.report(report.text, json: json, report)
    throw ExitCode(report.verdict.exitStatus)
  }
}
