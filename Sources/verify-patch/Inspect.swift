import ArgumentParser
import ONNXGraph
import Verification

struct Inspect: LimitedCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Says what a model holds and what it ends in, without running it.",
    discussion: """
      EXAMPLE

        verify-patch inspect original.onnx
      """)

  @Argument(help: "An ONNX model.") var model: String
  @Flag(help: "List every node with the types and shapes it makes.") var layers = false
  @Option(help: "Write the findings as JSON to this file, or to standard output with '-'.")
  var json: String?
  @OptionGroup var limits: LimitArguments

  func run() throws {
    let inspection: Inspection
    do {
      inspection = Inspection(try Model(contentsOfFile: model), listsLayers: layers)
    } catch {
      Console.error("\(error)")
      throw ExitCode(Verdict.undecided.exitStatus)
    }
    try Console.report(inspection.text, json: json, inspection)
  }
}
