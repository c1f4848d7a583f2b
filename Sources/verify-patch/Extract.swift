import ArgumentParser
import ONNXGraph
import Verification

struct Extract: LimitedCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Cuts the part of a model between named tensors out and writes it.",
    discussion: """
      EXAMPLE

        verify-patch extract patched.onnx --inputs images --outputs p3 -o p3.onnx

      Any tensor can be an input or an output. Declarations, documentation, metadata and operator \
      sets go with the part.

      Exit status: 0 written, 2 the part cannot be cut or written, 64 wrong usage.
      """)

  @Argument(help: "An ONNX model.") var model: String
  @Option(help: ArgumentHelp("Tensors the part is fed.", valueName: "a,b")) var inputs: NameList
  @Option(help: ArgumentHelp("Tensors the part gives out.", valueName: "c")) var outputs: NameList
  @Option(name: .shortAndLong, help: "The file to write.") var output: String
  @OptionGroup var limits: LimitArguments

  func run() throws {
    try Console.reportingErrors {
      var part = try Model(contentsOfFile: model)
      do {
        part = try part.extract(inputs: inputs.names, outputs: outputs.names)
      } catch {
        throw NamedError("\(model): \(error)")
      }
      try part.write(toFile: output)
    }
  }
}

/// Names with commas between them.
struct NameList: ExpressibleByArgument {
  let names: [String]

  init?(argument: String) {
    names = argument.split(separator: ",").map { String($0) }
    guard !names.isEmpty, Set(names).count == names.count else { return nil }
  }
}
