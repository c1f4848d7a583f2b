import ONNXGraph
import Tensors

enum UndeclaredOutputRule: CheckRule {
  static let name = "undeclared-output"
  static let severity = Severity.warning
  static let summary =
    "An output declares no type or no shape: TensorRT and shape inference want them."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    subject.model.graph.outputs.compactMap { output in
      let missing = [
        output.elementType == nil ? "type" : nil, output.dimensions == nil ? "shape" : nil,
      ].compactMap { $0 }
      guard !missing.isEmpty else { return nil }
      return RuleFinding(
        at: "output '\(shown: output.name)'",
        "declares no \(missing.joined(separator: " and no "))",
        remedy: "declare it: verify-patch patch does so")
    }
  }
}
