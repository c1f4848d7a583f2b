import ONNXGraph
import Tensors

enum OpsetImportRule: CheckRule {
  static let name = "opset-import"
  static let severity = Severity.error
  static let summary =
    "A domain's operator set is missing, given twice with different versions, or too old."

  static func check(_ subject: CheckSubject) -> [RuleFinding] {
    let wrong = subject.problems.filter { $0.kind == .opset }.map {
      RuleFinding(at: "opset_import", $0.text, remedy: "import one version of the operator set")
    }
    var domains: [String: Node] = [:]
    for node in subject.model.graph.nodes where subject.model.opsets[node.domain] == nil {
      if !node.domain.isEmpty, domains[node.domain] == nil { domains[node.domain] = node }
    }
    return wrong
      + domains.values.sorted { $0.domain < $1.domain }.map { node in
        RuleFinding(
          at: node.title, "the model imports no operator set of domain '\(shown: node.domain)'",
          remedy: "import one, or use the default domain")
      }
  }
}
