import Foundation
import ONNXGraph
import Operators
import TestSupport
import Testing

/// The manual's page of operators is what the table and the backend cases say.
///
/// With `VERIFY_PATCH_WRITE_PAGES` set, the page is written instead.
@Suite(
  .enabled(
    if: !BackendCase.all.isEmpty,
    "VERIFY_PATCH_CONFORMANCE is not set; Scripts/conformance.sh sets it"))
struct OperatorPageTests {
  private static let page = "Sources/Verification/Verification.docc/Operators.md"

  @Test func thePageListsWhatRunsAndWhatWasShown() throws {
    let text = Self.text(passed: Self.passed())
    if ProcessInfo.processInfo.environment["VERIFY_PATCH_WRITE_PAGES"] != nil {
      try text.write(
        toFile: "\(ProjectFiles.root)/\(Self.page)", atomically: true, encoding: .utf8)
    }
    #expect(try ProjectFiles.text(Self.page) == text)
  }

  /// How many cases agree that have a node of each operator, by the operator's name.
  private static func passed() -> (all: Int, byType: [String: Int]) {
    var counts: [String: Int] = [:]
    var all = 0
    for backendCase in BackendCase.all {
      guard case .agreed = backendCase.outcome(),
        let model = try? Model(contentsOfFile: backendCase.modelPath)
      else { continue }
      all += 1
      for type in Set(model.graph.nodes.map(\.operatorType)) { counts[type, default: 0] += 1 }
    }
    return (all, counts)
  }

  private static func text(passed: (all: Int, byType: [String: Int])) -> String {
    let rows = OperatorTable.listed.map { entry in
      let opsets =
        entry.domain == "ai.onnx"
        ? "\(entry.definition.opsets.lowerBound) to \(entry.definition.opsets.upperBound)" : ""
      let cases = passed.byType[entry.definition.type].map(String.init) ?? ""
      return "| \(entry.definition.type) | \(entry.domain) | \(opsets) | \(cases) |"
    }
    return """
      # Operators

      What the interpreter runs, and how many cases of the onnx package show it.

      ## Overview

      This page is made by `Scripts/conformance.sh` with `VERIFY_PATCH_WRITE_PAGES` set. A graph with any
      other operator is refused before it runs, with a list of all that are missing.

      Left out, with the reason:

      - strings, images and text (`String…`, `RegexFullMatch`, `TfIdfVectorizer`, `ImageDecoder`): a
        detector's graph holds numbers;
      - sequences and optional values (`Sequence…`, `SplitToSequence`, `ConcatFromSequence`,
        `Optional…`): a value is one tensor here;
      - training (`training_mode`, `ai.onnx.preview.training`): graphs are compared as they infer;
      - random numbers (`Random…`, `Bernoulli`, `Multinomial`): two runs would not give the same;
      - float8, float4 and integers of four or two bits: there are no tensors of these types;
      - `ai.onnx.ml` and `ai.onnx.preview`: no detector uses them.

      Operators of all domains: \(rows.count); a plugin is accepted in any domain. Cases of onnx 1.22 that
      pass: \(passed.all) of \(BackendCase.all.count).

      | operator | domain | opsets | cases passed |
      |---|---|---|---|
      \(rows.joined(separator: "\n"))

      """
  }
}
