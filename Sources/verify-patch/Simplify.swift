import ArgumentParser
import ONNXGraph
import Surgery
import Verification

struct Simplify: LimitedCommand {
  static let configuration = CommandConfiguration(
    commandName: "simplify",
    abstract: "Takes out of a model what changes no result, and proves it.",
    discussion: """
      EXAMPLE

        verify-patch simplify original.onnx -o simplified.onnx

      Constants are folded, shapes that are known computed, identities, duplicates and dead nodes \
      taken out, BatchNormalization and Pad made part of convolutions. Dynamic dimensions stay \
      dynamic. The result is run beside the input on seeded inputs, at several shapes where it is \
      dynamic, and written only when the outputs are equal.

      Exit status: 0 written, 2 the model cannot be simplified or the proof failed, 64 wrong usage.
      """)

  @Argument(help: "An ONNX model.") var model: String
  @Option(name: .shortAndLong, help: "The file to write.") var output: String
  @Option(
    name: .customLong("input"),
    help: ArgumentHelp("A fixed shape for an input.", valueName: "name=1x3x640x640"))
  var inputs: [NamedShape] = []
  @Option(help: "Threads to use; all cores that are allowed by default.") var threads: Int?
  @OptionGroup var limits: LimitArguments

  func validate() throws {
    try validateThreads(threads)
    guard Set(inputs.map(\.name)).count == inputs.count else {
      throw ValidationError("an input is given two shapes")
    }
  }

  func run() throws {
    try Console.reportingErrors {
      var original = try Model(contentsOfFile: model)
      let shapes = Dictionary(inputs.map { ($0.name, $0.shape) }) { first, _ in first }
      let simplification: Simplification
      let proof: SimplificationProof
      do {
        simplification = try Simplification(original, fixing: shapes)
        original.graph.inputs = simplification.model.graph.inputs
        proof = try SimplificationProof(
          original, simplification.model,
          tolerance: simplification.changesRounding ? 1e-4 : 0, threads: threads)
      } catch {
        throw NamedError("\(model): \(error)")
      }
      try simplification.model.write(toFile: output)
      Console.result(text(simplification, proof))
    }
  }

  private func text(_ simplification: Simplification, _ proof: SimplificationProof) -> String {
    let counts = simplification.nodeCounts
    var lines = [
      "nodes       \(counts.before) before, \(counts.after) after, "
        + "\(proof.sharing.identicalNodes) proven identical"
    ]
    for proved in proof.cases {
      let shapes = proved.shapes.map { "[\($0.map { "\($0)" }.joined(separator: ","))]" }
      lines.append(
        "proof       \(shapes.joined(separator: " ")): largest error \(proved.largestError)")
    }
    return lines.map { $0 + "\n" }.joined()
  }
}

/// `NAME=1x3x640x640` on the command line.
struct NamedShape: ExpressibleByArgument {
  let name: String
  let shape: [Int]

  init?(argument: String) {
    guard let separator = argument.lastIndex(of: "=") else { return nil }
    let sizes = argument[argument.index(after: separator)...].split(
      separator: "x", omittingEmptySubsequences: false
    ).map { Int($0) }
    name = String(argument[..<separator])
    shape = sizes.compactMap { $0 }
    guard !name.isEmpty, shape.count == sizes.count, shape.allSatisfy({ (1...1 << 20) ~= $0 })
    else { return nil }
  }
}
