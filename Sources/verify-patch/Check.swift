import ArgumentParser
import ONNXGraph
import Surgery
import Verification

struct Check: LimitedCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Lists what is wrong with a model: by ONNX's rules and by the plugins'.",
    discussion: """
      EXAMPLE

        verify-patch check patched.onnx --against original.onnx

      Models that cannot be loaded are checked as far as possible, and all findings are listed. With \
      --against, anchors, heads, classes, metadata and dynamic axes are held against the original. With \
      --target it is said which plugins that TensorRT does not have any more, and what replaces them.

      Exit status: 0 nothing or warnings only, 1 errors, 2 a file that cannot be read, 64 wrong usage.
      """)

  @Argument(help: "An ONNX model.") var model: String
  @Option(help: ArgumentHelp("The model it was patched from.", valueName: "original"))
  var against: String?
  @Option(
    help: ArgumentHelp(
      "The TensorRT it is for: tensorrt-8, tensorrt-10 or tensorrt-11.", valueName: "version"))
  var target: TensorRTTarget?
  @Option(help: "Write the findings as JSON to this file, or to standard output with '-'.")
  var json: String?
  @OptionGroup var limits: LimitArguments

  func run() throws {
    let report = try Console.reportingErrors {
      FindingsReport(path: model, findings: try check(model, against: against, target: target))
    }
    try Console.report(report.text, json: json, report)
    guard report.errors == 0 else { throw ExitCode(Verdict.different.exitStatus) }
  }
}

extension TensorRTTarget: ExpressibleByArgument {}
